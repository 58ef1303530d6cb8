/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SAKER_COMMON_EVENTS_H
#define SAKER_COMMON_EVENTS_H

#include "format/schema/kinds.h"

/* Ids, types of the parameters, their number and the class of every event. */
enum {
#define EVENT(id, SYMBOL, name, category, flags, params) EV_##SYMBOL = id,
#include "format/schema/events.def"
};
#define P(name, type, format)         PT_##type,
#define PF(name, type, format, table) PT_##type,
#define PR(name, type, format, dirfd) PT_##type,
#define PD(name, type, format, table) PT_##type,
#define EVENT(id, SYMBOL, name, category, flags, params)                                           \
	static const __u8 types_##SYMBOL[] = { params PT_NONE };                                   \
	enum { CLASS_##SYMBOL = (category)&EC_CLASS_MASK };
#include "format/schema/events.def"
#define NPARAMS(SYMBOL) (sizeof types_##SYMBOL - 1)

extern void wrong_number_of_parameters(void)
	__attribute__((error("a row of capture.def gives more or fewer parameters than events.def")));

#endif
