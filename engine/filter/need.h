/*
 * What conditions must see of a trace: the parameters that they read, and what has to be somewhere
 * in a stretch of it for any of them to hold there.
 */
#ifndef SAKER_FILTER_NEED_H
#define SAKER_FILTER_NEED_H

#include "engine/filter/filter.h"
#include "format/column_need.h"

struct trace_map;

/* Parameters that the value of e is made of, at events of this type; see field_params. */
uint64_t expr_params(const struct expr *e, uint32_t event_type);

/* Those that the conditions of a sealed program look at, at events of this type. */
uint64_t program_params(const struct program *p, uint32_t event_type);

/* Can no condition hold at events of this type? */
bool program_is_quiet(const struct program *p, uint32_t event_type);

/* Calls live(id) for every condition that can hold at events of this type. */
void program_live(const struct program *p, uint32_t event_type,
		  void (*live)(void *arg, uint32_t id), void *arg);

#endif
