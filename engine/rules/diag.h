/*
 * What the loader has to say about rule files: Falco's codes, where, and the offending lines.
 */
#ifndef SAKER_RULES_DIAG_H
#define SAKER_RULES_DIAG_H

#include "format/base/arena.h"
#include "format/base/buf.h"

enum diag_code {
	/* errors */
	LOAD_ERR_FILE_READ, LOAD_ERR_YAML_PARSE, LOAD_ERR_YAML_VALIDATE, LOAD_ERR_COMPILE_CONDITION,
	LOAD_ERR_COMPILE_OUTPUT, LOAD_ERR_VALIDATE, LOAD_ERR_EXTENSION,
	DIAG_ERRORS,
	/* warnings */
	LOAD_UNKNOWN_SOURCE = DIAG_ERRORS, LOAD_UNSAFE_NA_CHECK, LOAD_NO_EVTTYPE, LOAD_UNKNOWN_FILTER,
	LOAD_UNUSED_MACRO, LOAD_UNUSED_LIST, LOAD_UNKNOWN_ITEM, LOAD_DEPRECATED_ITEM,
	LOAD_WARNING_EXTENSION, LOAD_APPEND_NO_VALUES, LOAD_EXCEPTION_NAME_NOT_UNIQUE,
	LOAD_INVALID_MACRO_NAME, LOAD_INVALID_LIST_NAME, LOAD_COMPILE_CONDITION, LOAD_UNKNOWN_KEY,
	DIAG_CODES
};

/* One step of "In rules content: / rule 'x' / condition expression". */
struct diag_location {
	const char *item_type; /* "rules content", "rule", "macro", "condition expression", ... */
	struct sv item_name;
	struct sv file;
	uint32_t line, col;    /* as Falco counts them in its JSON */
	uint64_t offset;
};

enum { DIAG_MAX_LOCATIONS = 12 };

struct diag {
	enum diag_code code;
	struct sv message;
	struct sv snippet;     /* the line and the caret below it, each ending in a newline */
	struct sv hint;        /* what to write instead; empty if we do not know */
	struct diag_location where[DIAG_MAX_LOCATIONS];
	size_t nwhere;
	struct sv file;        /* whose result it belongs to */
};

struct diag_list {
	struct arena arena;
	struct diag *items;
	size_t n, cap;
	size_t nerrors;
};

void diag_list_deinit(struct diag_list *dl);
bool diag_is_error(enum diag_code code);
const char *diag_code_name(enum diag_code code); /* "LOAD_NO_EVTTYPE" */
const char *diag_code_desc(enum diag_code code); /* Falco's "codedesc" */
/* Everything goes into dl's arena. NULL: no memory (counted as an error). */
struct diag *diag_add(struct diag_list *dl, enum diag_code code, struct sv file, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
