/*
 * What the loader has to say about rule files: Falco's codes, where, and the offending lines; and
 * the same as the JSON of Falco's validation or as text for people.
 */
#ifndef SAKER_RULES_DIAG_H
#define SAKER_RULES_DIAG_H

#include "format/base/arena.h"
#include "format/base/buf.h"

#include <stdint.h>

enum diag_code {
	/* errors */
	LOAD_ERR_FILE_READ,
	LOAD_ERR_YAML_PARSE,
	LOAD_ERR_YAML_VALIDATE,
	LOAD_ERR_COMPILE_CONDITION,
	LOAD_ERR_COMPILE_OUTPUT,
	LOAD_ERR_VALIDATE,
	LOAD_ERR_EXTENSION,
	DIAG_ERRORS,
	/* warnings */
	LOAD_UNKNOWN_SOURCE = DIAG_ERRORS,
	LOAD_UNSAFE_NA_CHECK,
	LOAD_NO_EVTTYPE,
	LOAD_UNKNOWN_FILTER,
	LOAD_UNUSED_MACRO,
	LOAD_UNUSED_LIST,
	LOAD_UNKNOWN_ITEM,
	LOAD_DEPRECATED_ITEM,
	LOAD_WARNING_EXTENSION,
	LOAD_APPEND_NO_VALUES,
	LOAD_EXCEPTION_NAME_NOT_UNIQUE,
	LOAD_INVALID_MACRO_NAME,
	LOAD_INVALID_LIST_NAME,
	LOAD_COMPILE_CONDITION,
	LOAD_UNKNOWN_KEY,
	DIAG_CODES
};

/* One step of "In rules content: / rule 'x' / condition expression", outermost first. */
struct diag_location {
	const char *item_type; /* "rules content", "rule", "macro", "condition expression", ... */
	struct sv item_name;
	struct sv name;     /* the file, or the beginning of a condition in quotes */
	uint32_t line, col; /* as Falco counts them: from 0, in conditions from 1 and added up */
	uint32_t offset;
};

/*
 * The word that a message is about, where it stands in a file.  Of use to people: Falco tells where
 * a condition ends or, worse, would end if it began where its YAML value does.
 */
struct diag_spot {
	struct sv file; /* empty: not found */
	uint32_t line, col;
	struct sv snippet;
};

struct diag {
	enum diag_code code;
	struct sv message;
	struct sv snippet;          /* the line and the caret below it, each ending in a newline */
	struct sv hint;             /* what to write instead; empty if we do not know */
	struct sv deprecated_field; /* LOAD_DEPRECATED_ITEM of a field: its name */
	struct diag_location *where;
	size_t nwhere;
	struct diag_spot spot;
	uint32_t file; /* whose result it belongs to: index into the list's files */
};

/* What there is to say about one file as a whole. */
struct diag_file {
	struct sv name;
	bool failed;
	bool schema_checked, schema_valid;
	struct sv *schema_warnings;
	size_t nschema_warnings;
};

struct diag_list {
	struct arena arena; /* every text of a diagnostic lives here */
	struct diag *items; /* in the order of discovery */
	size_t n, cap;
	size_t nerrors;          /* a diagnostic lost for want of memory counts, too */
	struct diag_file *files; /* in load order */
	size_t nfiles, cap_files;
};

void diag_list_deinit(struct diag_list *dl);
/* Does it keep the rules from loading?  All others are warnings. */
bool diag_is_error(enum diag_code code);
const char *diag_code_name(enum diag_code code);  /* "LOAD_NO_EVTTYPE" */
const char *diag_code_title(enum diag_code code); /* "Condition has no event-type restriction" */
const char *diag_code_desc(enum diag_code code);  /* Falco's "codedesc" */

/* Begin a file: what is added from here on belongs to it.  False: no memory. */
bool diag_begin_file(struct diag_list *dl, struct sv name);
/*
 * Into the last file begun.  NULL: no memory (counted as an error), or there are so many warnings
 * already, or of such length, that nobody will read one more.
 */
struct diag *diag_add(struct diag_list *dl, enum diag_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Copy a text into the list's memory. */
struct sv diag_text(struct diag_list *dl, struct sv text);

/*
 * The line of `content` around `offset` and a caret below it, cut to 80 bytes on either side, byte
 * for byte as Falco shows it.
 */
void diag_snippet(struct buf *out, struct sv content, uint32_t offset);

/* {"falco_load_results":[...]} and a newline. */
void diag_print_json(const struct diag_list *dl, struct buf *out);
/* FILE:LINE:COL: error: message [CODE], the line with a caret, a hint; errors before warnings. */
void diag_print_text(const struct diag_list *dl, struct buf *out);

#endif
