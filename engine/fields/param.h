/* What the bytes of an event parameter are, for those who make text of it. */
#ifndef SAKER_FIELDS_PARAM_H
#define SAKER_FIELDS_PARAM_H

#include "format/record.h"

/* One parameter of an event, its selector resolved. */
struct param {
	const struct param_desc *desc; /* of the event: format, flags, directory */
	enum param_type type;          /* what the bytes are */
	struct sv bytes;
};

static inline struct param param_at(const struct event *ev, uint32_t i)
{
	const struct param_desc *desc = &ev->desc->params[i];
	struct param p = { desc, desc->type, event_param(ev, i) };

	if (p.type == PT_DYN && p.bytes.n > 0 && (uint8_t)p.bytes.p[0] < desc->ndyn) {
		p.type = desc->dyn[(uint8_t)p.bytes.p[0]].type;
		p.bytes = (struct sv){ p.bytes.p + 1, p.bytes.n - 1 };
	}
	return p;
}

/* The number in little-endian bytes, sign-extended from its width; false: not that width. */
static inline bool param_number(const struct param *p, int64_t *out)
{
	uint32_t size = schema_type_size(p->type);
	uint64_t v = 0;

	if (size == 0 || size > 8 || p->bytes.n != size)
		return false;
	memcpy(&v, p->bytes.p, size);
	if (size < 8 && (v >> (size * 8 - 1) & 1))
		v |= UINT64_MAX << (size * 8);
	*out = (int64_t)v;
	return true;
}

/* A number of this parameter, without the sign that param_number gave it. */
static inline uint64_t param_unsigned(const struct param *p, int64_t v)
{
	uint32_t bits = schema_type_size(p->type) * 8;

	return bits >= 64 ? (uint64_t)v : (uint64_t)v & ((1ull << bits) - 1);
}

static inline uint32_t param_flags(const struct param *p)
{
	int64_t v = 0;

	param_number(p, &v);
	return (uint32_t)param_unsigned(p, v);
}

#endif
