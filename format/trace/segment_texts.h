/*
 * What of a record goes into the filter of its segment.  SPEC 6.
 */
#ifndef SAKER_TRACE_SEGMENT_TEXTS_H
#define SAKER_TRACE_SEGMENT_TEXTS_H

#include "format/record.h"
#include "format/trace/text_filter.h"

/* How the bytes of a parameter are indexed. */
enum text_kind {
	TEXT_NONE,
	TEXT_PLAIN,
	TEXT_JSON,
	TEXT_DYN,      /* u8 selector: text only for some */
	TEXT_SOCKADDR, /* u8 family, address or path */
	TEXT_SOCKTUPLE,
	TEXT_IP,
};

/* Which parameters of which events have any, worked out once. */
struct segment_texts {
	uint64_t mask[EV_COUNT];                  /* parameters that are not TEXT_NONE */
	uint8_t kind[EV_COUNT][EVENT_MAX_PARAMS]; /* enum text_kind */
};

void segment_texts_init(struct segment_texts *t);
void segment_texts_event(const struct segment_texts *t, struct filter_builder *b,
			 const struct event *ev);
/* Lists and snapshots. */
void segment_texts_record(struct filter_builder *b, const struct record *rec);
void segment_texts_snapshot(struct filter_builder *b, const struct snapshot_view *v);

#endif
