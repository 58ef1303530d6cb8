/*
 * Fields: "proc.aname[2]" -> a value, at one event.
 *
 * The table of all fields is fields.def; field_parse turns text into a reference once, field_get
 * extracts as often as needed.
 */
#ifndef SAKER_FIELDS_FIELD_H
#define SAKER_FIELDS_FIELD_H

#include "engine/fields/value.h"
#include "engine/state/state.h"
#include "format/base/arena.h"
#include "format/base/err.h"

enum field_flags {
	FF_FILTER_ONLY = 1 << 0,
	FF_PRINT_ONLY = 1 << 1,
	FF_ARG_REQUIRED = 1 << 2,
	FF_ARG_ALLOWED = 1 << 3,
	FF_LIST = 1 << 4,
	FF_TABLE_ONLY = 1 << 5,
	FF_NO_RHS = 1 << 6,
	FF_NO_TRANSFORMER = 1 << 7,
	FF_DEPRECATED = 1 << 8,
	FF_HIDDEN = 1 << 9,
	FF_GENERIC = 1 << 10, /* the same for every event source */
	/* What a value depends on; the engine caches and skips by it. */
	FF_PER_USE =
		1 << 12, /* each use keeps its own memory (evt.deltatime, util.cnt): never shared */
	FF_THREAD_ONLY = 1 << 13,     /* a function of thread version and tree version alone */
	FF_EVENT_TYPE_ONLY = 1 << 14, /* a function of the event's type alone */
	FF_NEEDS_FD = 1 << 15, /* missing for events without EF_CREATES_FD|USES_FD|DESTROYS_FD */
	/* How JSON shows it where that differs from the text (field_get_json). */
	FF_JSON_TIMESTAMP = 1 << 16, /* the event's time in ns */
	FF_JSON_PLAIN = 1 << 17,     /* a plain number, whatever the print format */
	/* Comparing looks at several values, not at the one that is printed (field_candidates). */
	FF_ANY_ANCESTOR = 1 << 18,
	FF_EITHER_END = 1 << 19,
	FF_AROUND = 1 << 20,
	FF_ARG_DOT = 1 << 21,     /* the argument follows a dot: evt.arg.res */
	FF_ARG_BRACKET = 1 << 22, /* the argument is in brackets: proc.aname[2] */
};

struct field_ref;

/* Where values that must be computed live, and what extraction looks at. */
struct field_ctx {
	const struct state *state;
	struct arena scratch; /* of this event: reset by whoever drives the events */
	char time_mode;       /* evt.outputtime: 'h', 'a', 'r', 'd', 'D' */
	/* Another number for every trace: what FF_PER_USE fields remember does not outlast it. */
	uint64_t run;
};

struct field_def {
	const char *name;
	size_t name_n;
	const char *class_name; /* "evt", "process", ... for listings */
	uint8_t type;           /* enum param_type; PT_DYN for evt.rawarg: see field_ref.type */
	uint8_t format;         /* enum print_format */
	uint32_t flags;         /* enum field_flags */
	const char *arg_help;   /* "[N]", NULL when it takes none */
	const char *help;       /* one sentence, our own words */
	bool (*get)(const struct field_ref *f, struct field_ctx *ctx, struct value *out);
	uint32_t which; /* for get functions that serve several rows */
};

struct field_ref {
	const struct field_def *def;
	uint8_t type; /* of the value: def->type, or what the argument decides */
	bool is_list;
	bool has_arg;
	bool arg_is_index;
	int64_t index;
	struct sv arg;             /* text of the argument, in the arena given to field_parse */
	struct sv text;            /* the whole reference as written */
	const int8_t *param_index; /* evt.arg.NAME: per event id the parameter index, -1 none */
	void *use;                 /* FF_PER_USE: this use's memory (in the arena) */
};

/*
 * Parse all of `text` ("evt.arg.res", "evt.arg[1]", "proc.env[PATH]", "thread.cgroup.cpu").
 * Historical names become their current field.  ERR_CHECK with err->pos.col (from 1, within text)
 * when there is no such field or its argument is wrong.
 * The ref and what it points at live in `arena`.
 */
int field_parse(struct sv text, struct arena *arena, struct field_ref *out, struct err *err);

/* False: the event has no such value.  Views live until ctx->scratch is reset or the next event. */
static inline bool field_get(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return f->def->get(f, ctx, out);
}

/*
 * As field_get, but the value that JSON output shows: evt.time is a number there.  A field that
 * remembers (FF_PER_USE) has nothing to remember: Falco extracts it twice for JSON and shows the
 * second answer, so that evt.deltatime is always 0 there.
 */
bool field_get_json(const struct field_ref *f, struct field_ctx *ctx, struct value *out);

/*
 * What a comparison looks at when it is not the printed value:
 *
 * COMPARE_ANY_ANCESTOR  proc.aname and the like without index: holds when one ancestor's value
 *                       satisfies it, nearest first (`!=` too: some ancestor differs).
 * COMPARE_EITHER_END    fd.ip, fd.port, fd.net, fd.proto, fd.*ip.name: `=`, `<`, ... and `in` hold
 *                       when one end satisfies it, `!=` when every end does (and there is one).
 * COMPARE_AROUND        evt.around[T] = D: |time of the event - index| <= D milliseconds.
 *
 * `exists` holds when field_candidates is true, even without a single candidate.
 */
enum field_compare { COMPARE_VALUE, COMPARE_ANY_ANCESTOR, COMPARE_EITHER_END, COMPARE_AROUND };
enum field_compare field_compare_kind(const struct field_ref *f);
/* False: nothing to compare with at this event.  The items live as long as those of field_get. */
bool field_candidates(const struct field_ref *f, struct field_ctx *ctx, const struct value **items,
		      size_t *n);

/*
 * Is the value the same for all events of this type?  True with *missing: such events never have
 * it; true without: it is always *out (static storage).  False: look at the event.
 * Always agrees with field_get.
 */
bool field_decided_by_type(const struct field_ref *f, uint32_t event_type, bool *missing,
			   struct value *out);

/*
 * The parameters (bit i: parameter i) of an event of this type that extracting the field may look
 * at.  Those that engine/state needs are another matter: state_need.
 */
uint64_t field_params(const struct field_ref *f, uint32_t event_type);

/* Closest existing field name to a wrong one, or NULL ("did you mean proc.name?"). */
const char *field_suggest(struct sv wrong);

extern const struct field_def field_defs[];
extern const size_t field_defs_n;

#endif
