/*
 * The match store: an SQLite database that keeps what replays found.  Schema: store.sql.
 *
 * A run is one trace replayed with one rule set and one set of options; beginning it again
 * replaces what the last time left.  Writes are gathered into transactions of many rows; after
 * store_run_end, everything of the run is on the disk.  A run that never ends (power cut) stays
 * visible with outcome 'running' and is replaced by the next attempt.
 *
 * Text may be any bytes: what is not UTF-8 becomes U+FFFD.
 */
#ifndef SAKER_REPLAY_STORE_H
#define SAKER_REPLAY_STORE_H

#include "format/base/err.h"
#include "format/base/sv.h"
#include "format/losses.h"

#include <stdint.h>

struct store;

enum { STORE_SCHEMA_VERSION = 2 };
/* The id that SQLite files of ours carry in their header ("Sakr"). */
enum { STORE_APPLICATION_ID = 0x53616b72 };

/* Open for writing, create if missing.  ERR_STORE: not ours, of another version, or unwritable. */
int store_open(const char *path, struct store **out, struct err *err);
/* A run that was not ended keeps what its last batch left.  NULL is fine. */
void store_close(struct store *s);

/* The SQL text that makes an empty store. */
extern const char store_schema_sql[];

/* --- runs --- */

struct store_file {
	struct sv path;
	struct sv sha256; /* hexadecimal */
};

struct store_rule {
	struct sv name, source, description, condition, output, file, source_text;
	const struct sv *tags;
	size_t ntags;
	uint32_t priority, line;
};

/* What identifies a run, and what it is about. */
struct store_run {
	struct store_file trace;
	uint64_t trace_size;
	const struct store_file *files; /* rule files in load order */
	size_t nfiles;
	struct sv rules_sha256;
	const struct store_rule *rules; /* matches name them by index */
	size_t nrules;
	struct sv options; /* JSON */
	struct sv tool;
	uint64_t now_ns;
};

struct store_outcome {
	const char *outcome; /* "complete", "damaged", "interrupted" */
	const char *message; /* NULL: none */
	struct sv hostname;  /* empty: not told */
	uint32_t cpus;
	uint64_t boot_ns;
	uint64_t now_ns;
	uint64_t events, matches, first_ns, last_ns; /* times only if events > 0 */
	uint64_t sections, drops, skipped, upgraded, merged, discarded, state_lost;
};

/* Views need to live until the call returns only. */
int store_run_begin(struct store *s, const struct store_run *run, struct err *err);
int store_run_end(struct store *s, const struct store_outcome *out, struct err *err);

/* What is missing from the trace of the run; once, before its end. */
int store_losses(struct store *s, const struct losses *l, struct err *err);

/* --- processes of the run --- */

struct store_process {
	int64_t parent_id; /* 0: unknown */
	int64_t pid, ppid;
	uint64_t started_ns; /* 0: unknown */
};

struct store_program {
	int64_t process_id;
	uint64_t since_ns; /* 0: since before the trace */
	uint64_t evt_num;  /* 0: listed at the start */
	struct sv comm, exe, exepath, cmdline, cwd;
	struct sv user;         /* empty: no name known */
	uint32_t uid, loginuid; /* all ones: none */
	uint32_t tty;
	struct sv container_id; /* empty: on the host */
};

struct store_exit {
	int64_t process_id;
	uint64_t ended_ns;
	int64_t code;
	uint32_t signal;
	bool has_status;
};

struct store_container {
	struct sv id, full_id, type, name, image; /* name, image: may be empty */
};

/* A process of the run; *id names it from now on. */
int store_process(struct store *s, const struct store_process *p, int64_t *id, struct err *err);
/* Who cloned it, found out later. */
int store_process_parent(struct store *s, int64_t process_id, int64_t parent_id, struct err *err);
int store_process_exit(struct store *s, const struct store_exit *x, struct err *err);
int store_program(struct store *s, const struct store_program *p, int64_t *id, struct err *err);
/* Insert or update. */
int store_container(struct store *s, const struct store_container *c, struct err *err);

/* --- matches of the run --- */

/* Number of a field's key, made if new.  type: lower-case schema type name. */
int store_key(struct store *s, struct sv name, struct sv type, int64_t *key, struct err *err);

/* A field as Falco's JSON shows it; key order decides nothing but must be the same each time. */
struct store_field {
	int64_t key;
	struct sv json; /* one JSON value; empty: kept in the match itself (evt.num, evt.time) */
};

struct store_match {
	uint32_t rule; /* index into store_run.rules */
	uint64_t evt_num, ts_ns;
	int64_t tid;
	int64_t program_id; /* 0: unknown */
	struct sv message;
	const struct store_field *thread_fields, *event_fields;
	size_t nthread_fields, nevent_fields;
};

/* ERR_STORE also when the run has no such rule. */
int store_match(struct store *s, const struct store_match *m, struct err *err);

#endif
