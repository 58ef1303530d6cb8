/*
 * Rule files into compiled rules: lists, macros, rules, exceptions, append and override, in file
 * order.  Falco's language; facts in the loader corpus.
 */
#ifndef SAKER_RULES_RULESET_H
#define SAKER_RULES_RULESET_H

#include "engine/filter/filter.h"
#include "engine/output/format.h"
#include "engine/rules/diag.h"
#include "format/column_need.h"

enum priority {
	PRIO_EMERGENCY,
	PRIO_ALERT,
	PRIO_CRITICAL,
	PRIO_ERROR,
	PRIO_WARNING,
	PRIO_NOTICE,
	PRIO_INFORMATIONAL,
	PRIO_DEBUG
};
const char *priority_name(enum priority p); /* "Emergency" ... */
/* Case-insensitive; "INFO" is Informational. False: no such priority. */
bool priority_parse(struct sv text, enum priority *out);

struct rule {
	struct sv name, desc, source;
	struct sv condition;       /* as written, after appends */
	struct sv output;          /* as written, after appends */
	struct sv output_template; /* what was compiled into format */
	struct ast *ast;           /* macros, lists and exceptions resolved */
	struct format *format;
	enum priority priority;
	const struct sv *tags; /* sorted, unique */
	size_t ntags;
	bool enabled;          /* after `enabled:` and the selection below */
	uint32_t condition_id; /* in the program; UINT32_MAX when not compiled */
	struct sv file;        /* of the definition in force, which appends and overrides changed */
	uint32_t line;         /* from 1 */
	struct sv condition_file; /* where the condition begins that is in force */
	uint32_t condition_line;
	struct sv enabled_file; /* which item said `enabled:` last; empty: none did */
	uint32_t enabled_line;
	struct sv source_text; /* YAML of that definition as in the file */
};

/*
 * Which of the loaded rules run.  With tags_on exactly the rules that have one of these tags do,
 * also those with `enabled: false`; then tags_off, rules_off and the priority take away.
 */
struct ruleset_selection {
	const struct sv *tags_on, *tags_off; /* -t, -T */
	size_t ntags_on, ntags_off;
	const struct sv *rules_off; /* -D: substring of the name */
	size_t nrules_off;
	enum priority min_priority;    /* --priority; PRIO_DEBUG = all */
	const struct sv *extra_fields; /* --extra-field: appended to output_fields only */
	size_t nextra_fields;
};

struct ruleset;

struct ruleset *ruleset_new(void);
void ruleset_free(struct ruleset *rs);

/*
 * Read one file (in order; a directory is the caller's business) and check it together with those
 * before it.  Errors and warnings go to *dl with position and snippet; -1 when there is an error.
 * The text is copied.
 */
int ruleset_add_file(struct ruleset *rs, struct sv file_name, struct sv text, struct diag_list *dl);

/*
 * All files read: select and compile. -1 when there is an error in *dl, or was one before.  What
 * the other functions hand out is valid until the ruleset is freed.
 */
int ruleset_compile(struct ruleset *rs, const struct ruleset_selection *sel, struct diag_list *dl);

size_t ruleset_rules(const struct ruleset *rs, const struct rule **out); /* in load order */
struct program *ruleset_program(const struct ruleset *rs);
/* Does a rule that runs look at what happened at earlier events by a field of its own memory
 * (evt.deltatime, util.cnt)?  Then a trace must be replayed in one piece. */
bool ruleset_remembers(const struct ruleset *rs);
/*
 * Add the parameters that the rules that run look at: conditions at the events that they can hold
 * at, and there outputs and extra fields.
 */
void ruleset_need(const struct ruleset *rs, struct column_need *need);
/* Does no rule look at events of this type? */
bool ruleset_is_quiet(const struct ruleset *rs, uint32_t event_type);
/* The rule whose condition has this id. */
const struct rule *ruleset_rule_of(const struct ruleset *rs, uint32_t condition_id);
/* Compiled --extra-field list, in order. */
size_t ruleset_extra_fields(const struct ruleset *rs, const struct format_field **out);

/* Names and contents for listings: lists with the lists they name put in, conditions as written. */
struct list_item {
	struct sv name;
	const struct sv *items;
	size_t n;
};
struct macro_item {
	struct sv name, condition;
};
size_t ruleset_lists(const struct ruleset *rs, const struct list_item **out);
size_t ruleset_macros(const struct ruleset *rs, const struct macro_item **out);

#endif
