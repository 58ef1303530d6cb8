#include "engine/rules/diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	const char *title;
	const char *desc;
} codes[DIAG_CODES] = {
	[LOAD_ERR_FILE_READ] = { "LOAD_ERR_FILE_READ", "File read error", "File read error" },
	[LOAD_ERR_YAML_PARSE] = { "LOAD_ERR_YAML_PARSE", "YAML parse error", "YAML parse error" },
	[LOAD_ERR_YAML_VALIDATE] = { "LOAD_ERR_YAML_VALIDATE",
				     "Error validating internal structure of YAML file",
				     "Error validating internal structure of YAML file" },
	[LOAD_ERR_COMPILE_CONDITION] = { "LOAD_ERR_COMPILE_CONDITION", "Error compiling condition",
					 "Error compiling condition" },
	[LOAD_ERR_COMPILE_OUTPUT] = { "LOAD_ERR_COMPILE_OUTPUT", "Error compiling output",
				      "Error compiling output" },
	[LOAD_ERR_VALIDATE] = { "LOAD_ERR_VALIDATE",
				"Error validating rule/macro/list/exception objects",
				"Error validating rule/macro/list/exception objects" },
	[LOAD_ERR_EXTENSION] = { "LOAD_ERR_EXTENSION", "Error in extension item",
				 "Error in extension item" },
	[LOAD_UNKNOWN_SOURCE] = { "LOAD_UNKNOWN_SOURCE", "Unknown event source",
				  "A rule has a unknown event source. This can occur when reading "
				  "rules content without having a corresponding plugin loaded, "
				  "etc. "
				  "The rule will be silently ignored." },
	[LOAD_UNSAFE_NA_CHECK] = { "LOAD_UNSAFE_NA_CHECK", "Unsafe <NA> comparison in condition",
				   "Comparing a field value with <NA> is unsafe and can lead to "
				   "unpredictable behavior of the rule condition. If you need to "
				   "check for the existence of a field, consider using the "
				   "'exists' "
				   "operator instead." },
	[LOAD_NO_EVTTYPE] = { "LOAD_NO_EVTTYPE", "Condition has no event-type restriction",
			      "A rule condition matches too many evt.type values. This has a "
			      "significant performance penalty. Make the condition more specific "
			      "by "
			      "adding an evt.type field or further restricting the number of "
			      "evt.type values in the condition." },
	[LOAD_UNKNOWN_FILTER] = { "LOAD_UNKNOWN_FILTER",
				  "Unknown field or event-type in condition or output",
				  "A rule condition or output refers to a field or evt.type that "
				  "does "
				  "not exist. This is normally an error, but if a rule has a "
				  "skip-if-unknown-filter property, the error is downgraded to a "
				  "warning." },
	[LOAD_UNUSED_MACRO] = { "LOAD_UNUSED_MACRO", "Unused macro",
				"A macro is defined in the rules content but is not used by any "
				"other macro or rule." },
	[LOAD_UNUSED_LIST] = { "LOAD_UNUSED_LIST", "Unused list",
			       "A list is defined in the rules content but is not used by any "
			       "other "
			       "list, macro, or rule." },
	[LOAD_UNKNOWN_ITEM] = { "LOAD_UNKNOWN_ITEM", "Unknown rules file item",
				"An unknown top-level object is in the rules content. It will be "
				"ignored." },
	[LOAD_DEPRECATED_ITEM] = { "LOAD_DEPRECATED_ITEM", "Used deprecated item",
				   "A deprecated item is employed by lists, macros, or rules." },
	[LOAD_WARNING_EXTENSION] = { "LOAD_WARNING_EXTENSION", "Warning in extension item",
				     "An extension item has a warning" },
	[LOAD_APPEND_NO_VALUES] = { "LOAD_APPEND_NO_VALUES", "Overriding/appending with no values",
				    "A rule exception is overriding/appending with no values" },
	[LOAD_EXCEPTION_NAME_NOT_UNIQUE] = { "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
					     "Multiple exceptions defined with the same name",
					     "A rule is defining multiple exceptions with the same "
					     "name" },
	[LOAD_INVALID_MACRO_NAME] = { "LOAD_INVALID_MACRO_NAME", "Invalid macro name",
				      "A macro is defined with an invalid name" },
	[LOAD_INVALID_LIST_NAME] = { "LOAD_INVALID_LIST_NAME", "Invalid list name",
				     "A list is defined with an invalid name" },
	[LOAD_COMPILE_CONDITION] = { "LOAD_COMPILE_CONDITION", "Warning in rule condition",
				     "A rule condition or output have been parsed with a warning" },
	[LOAD_UNKNOWN_KEY] = { "LOAD_UNKNOWN_KEY", "Unknown key in item definition",
			       "An item in the rules content contains an unrecognized key. The key "
			       "will be ignored. This may indicate a typo or a property placed on "
			       "the wrong item type." },
};

bool diag_is_error(enum diag_code code)
{
	return code < DIAG_ERRORS;
}

const char *diag_code_name(enum diag_code code)
{
	return codes[code].name;
}

const char *diag_code_title(enum diag_code code)
{
	return codes[code].title;
}

const char *diag_code_desc(enum diag_code code)
{
	return codes[code].desc;
}

void diag_list_deinit(struct diag_list *dl)
{
	arena_deinit(&dl->arena);
	free(dl->items);
	free(dl->files);
	*dl = (struct diag_list){ 0 };
}

struct sv diag_text(struct diag_list *dl, struct sv text)
{
	return arena_sv(&dl->arena, text);
}

/* Room for one more item; the array only grows. */
static void *grown(void *items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 16;
	void *p = realloc(items, more * size);

	if (p)
		*cap = more;
	return p;
}

bool diag_begin_file(struct diag_list *dl, struct sv name)
{
	struct sv copy = diag_text(dl, name);
	void *files = grown(dl->files, dl->nfiles, &dl->cap_files, sizeof *dl->files);

	if (files)
		dl->files = files;
	if (!files || !copy.p) {
		dl->nerrors++;
		return false;
	}
	dl->files[dl->nfiles++] = (struct diag_file){ .name = copy };
	return true;
}

static struct sv vformat(struct diag_list *dl, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static struct sv vformat(struct diag_list *dl, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);

	char *p = n < 0 ? NULL : arena_bytes(&dl->arena, (size_t)n + 1);
	if (!p)
		return (struct sv){ 0 };
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return (struct sv){ p, (size_t)n };
}

enum { WARNINGS_MAX = 10000, TEXT_MAX = 64 << 20 };

struct diag *diag_add(struct diag_list *dl, enum diag_code code, const char *fmt, ...)
{
	struct diag_file *file = dl->nfiles ? &dl->files[dl->nfiles - 1] : NULL;
	void *items = grown(dl->items, dl->n, &dl->cap, sizeof *dl->items);
	va_list ap;

	if (!diag_is_error(code) && (dl->n >= WARNINGS_MAX || dl->arena.total > TEXT_MAX))
		return NULL;
	dl->nerrors += diag_is_error(code);
	if (file && diag_is_error(code))
		file->failed = true;
	if (!items) {
		dl->nerrors += !diag_is_error(code);
		return NULL;
	}
	dl->items = items;

	struct diag *d = &dl->items[dl->n];
	*d = (struct diag){ .code = code, .file = file ? (uint32_t)dl->nfiles - 1 : 0 };
	va_start(ap, fmt);
	d->message = vformat(dl, fmt, ap);
	va_end(ap);
	if (!d->message.p) {
		dl->nerrors += !diag_is_error(code);
		return NULL;
	}
	dl->n++;
	return d;
}

enum { SNIPPET_HALF = 80 };

void diag_snippet(struct buf *out, struct sv content, uint32_t offset)
{
	size_t pos = offset, start = out->n;

	/* The place may be past the end ("tags:" as the last line) or at a line's end. */
	while (pos > 0 && (pos >= content.n || content.p[pos] == '\n'))
		pos--;

	size_t from = pos, to = pos;
	while (content.n && from > 0 && content.p[from] != '\n' && pos - from < SNIPPET_HALF)
		from--;
	while (content.n && to < content.n - 1 && content.p[to] != '\n' && to - pos < SNIPPET_HALF)
		to++;
	if (from < content.n && content.p[from] == '\n')
		from++;
	/*
	 * A text that begins with a newline, asked about its first byte, wraps around here and
	 * shows nearly all of itself without a caret: Falco's arithmetic is unsigned, too.
	 */
	if (to < content.n && content.p[to] == '\n')
		to--;
	size_t n = to - from + 1;
	if (from >= content.n)
		n = 0;
	else if (n > content.n - from)
		n = content.n - from;
	if (n == 0) {
		buf_puts(out, "<No context available>\n");
		return;
	}
	buf_put(out, content.p + from, n);
	if (out->failed)
		return;
	if (pos - from >= SNIPPET_HALF) {
		if (n < 3)
			buf_put(out, "...", 3 - n);
		n = out->n - start;
		memcpy(out->p + start, "...", 3);
	}
	if (to - pos >= SNIPPET_HALF && n >= 3)
		memcpy(out->p + out->n - 3, "...", 3);
	buf_putc(out, '\n');
	if (pos - from <= n) {
		for (size_t i = from; i < pos; i++)
			buf_putc(out, ' ');
		buf_puts(out, "^\n");
	}
}
