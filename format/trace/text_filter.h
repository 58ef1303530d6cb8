/*
 * Which texts and addresses are certainly not in a segment: the payload of a FILTER frame.  SPEC 6.
 */
#ifndef SAKER_TRACE_TEXT_FILTER_H
#define SAKER_TRACE_TEXT_FILTER_H

#include "format/base/buf.h"
#include "format/base/err.h"
#include "format/trace/column.h"

#include <stdint.h>

/* --- building --- */

struct filter_builder;

struct filter_builder *filter_builder_new(void); /* NULL: no memory */
void filter_builder_free(struct filter_builder *b);
/* Bytes that are text, NULs inside it included. */
void filter_builder_text(struct filter_builder *b, struct sv text);
/* n: 4 or 16 bytes in network order. */
void filter_builder_ip(struct filter_builder *b, const void *bytes, size_t n);
/* Something went in that cannot be told: the filter will hold nothing back. */
void filter_builder_anything(struct filter_builder *b);
/* Append the payload to out, a bitmap of at most max_bytes if that is enough for the smallest one,
 * and begin an empty filter. */
int filter_builder_finish(struct filter_builder *b, struct packer *p, size_t max_bytes,
			  struct buf *out, struct err *err);

/* --- asking --- */

/* {0} is a filter that holds nothing back. */
struct text_filter {
	unsigned log2_bits; /* 0: anything may be there */
	struct buf bits;
};

void text_filter_deinit(struct text_filter *f);
int text_filter_parse(struct text_filter *f, struct packer *p, struct sv payload, struct err *err);
/* May a text be there that holds `part`?  What may be open: trace_map_may_have_text. */
bool text_filter_may_have(const struct text_filter *f, struct sv part, bool open_front,
			  bool open_back);
bool text_filter_may_have_ip(const struct text_filter *f, const void *bytes, size_t n);

#endif
