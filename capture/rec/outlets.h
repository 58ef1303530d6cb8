/*
 * The ways out for alerts: any number of them, each of which gets every alert.  One thread.
 */
#ifndef SAKER_REC_OUTLETS_H
#define SAKER_REC_OUTLETS_H

#include "capture/rec/alert_queue.h"

#include <stdbool.h>

struct outlets;

/*
 * What an outlet is told at its birth.  `where` is what stands behind the colon of --alert-to,
 * or the whole of it where the kind is told by its beginning ("https://...").
 */
struct outlet_options {
	const char *where;
	bool json; /* lines are JSON */
};

struct outlet {
	const struct outlet_kind *kind;
	void *self;
	uint64_t failed; /* alerts that it did not take */
};

struct outlet_kind {
	const char *prefix; /* "file:" */
	int (*open)(const struct outlet_options *opt, void **out, struct err *err);
	/* False: not delivered. */
	bool (*deliver)(void *self, const struct alert_note *note);
	void (*flush)(void *self); /* may be NULL */
	void (*close)(void *self);
};

int outlets_new(bool json, struct outlets **out, struct err *err);
void outlets_free(struct outlets *o);
/* "stdout", "file:PATH", "syslog", "program:COMMAND", "http://...".  ERR_USAGE: no such kind. */
int outlets_add(struct outlets *o, const char *spec, struct err *err);

/* True when every outlet took it. */
bool outlets_deliver(struct outlets *o, const struct alert_note *note);
/* Nothing came for a while: let go of what is buffered. */
void outlets_flush(struct outlets *o);

/* --- the kinds --- */

extern const struct outlet_kind outlet_stdout, outlet_file, outlet_syslog, outlet_program,
	outlet_http, outlet_https;

#endif
