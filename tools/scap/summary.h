/* What "scap info" tells about one trace. */
#ifndef SAKER_SCAP_SUMMARY_H
#define SAKER_SCAP_SUMMARY_H

#include "format/losses.h"
#include "format/scap/scap_reader.h"
#include "format/trace/manifest.h"
#include "format/trace/trace_reader.h"
#include "tools/scap/busy.h"
#include "tools/scap/layout.h"

struct summary {
	const char *path;
	struct source_stats stats;
	struct scap_layout layout;  /* zero unless is_stock */
	struct trace_layout native; /* zero when is_stock */
	bool is_stock;

	bool has_machine;
	struct machine_info machine; /* of the last section; hostname points at `hostname` */
	char hostname[MACHINE_HOSTNAME + 1];
	uint64_t threads, processes, fds, users, groups, ifaces; /* listed in all sections */

	uint64_t first_ts_ns, last_ts_ns; /* earliest and latest of all events; 0: no event */
	uint64_t state_only;              /* events that only update the state */
	uint64_t compat;                  /* events of 32-bit system calls */
	uint64_t by_type[EV_COUNT];
	struct losses losses;
	struct busy busy;          /* sorted */
	struct layout inside;      /* of a native trace in a file; else empty */
	struct manifest *manifest; /* NULL: none, or not to be read */
	uint8_t manifest_sha256[32];
	struct err damage; /* code 0: the trace was read to its end */
};

/* Read the whole trace.  -1 only when it cannot be opened; damage is part of the summary. */
int summary_read(struct summary *s, const char *path, struct err *err);
void summary_deinit(struct summary *s);

/* Events found in the file: shown, folded into others and dropped. */
uint64_t summary_events_in_file(const struct summary *s);

/* Ids of the events that occur, most frequent first; returns their number. */
size_t summary_rank(const struct summary *s, uint16_t ids[static EV_COUNT]);

#endif
