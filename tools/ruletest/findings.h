/* What is to be said about rule files, each with its place and perhaps a way to mend it. */
#ifndef SAKER_RULETEST_FINDINGS_H
#define SAKER_RULETEST_FINDINGS_H

#include "engine/rules/vec.h"
#include "format/base/buf.h"
#include "format/base/err.h"

#include <stdint.h>

enum finding_level { FINDING_ERROR, FINDING_WARNING, FINDING_STYLE };

struct finding {
	enum finding_level level;
	const char *check; /* "doubled-equals": its name for machines */
	struct sv file;
	uint32_t line, col; /* from 1, 0: unknown */
	struct sv message;
	/* Mending: bytes from..to of the file become `with`; .with.p NULL: by hand. */
	size_t from, to;
	struct sv with;
};

/* A rule file as it lies on the disk. */
struct lint_file {
	struct sv name; /* with a NUL */
	struct sv text;
};

struct findings {
	struct arena arena;
	struct lint_file *files;
	size_t nfiles, cap_files;
	struct finding *items;
	size_t n, cap;
	bool failed; /* no memory */
};

void findings_deinit(struct findings *f);
int findings_add_file(struct findings *f, const char *path, struct err *err);

/* A finding at a line and column; the text is copied. */
struct finding *findings_add(struct findings *f, enum finding_level level, const char *check,
			     struct sv file, uint32_t line, uint32_t col, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* The same at a byte of a file of ours. */
struct finding *findings_at(struct findings *f, enum finding_level level, const char *check,
			    const struct lint_file *file, size_t offset, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

const struct lint_file *findings_file(const struct findings *f, struct sv name);
/* Offset of a line and column; SIZE_MAX: there is no such place. */
size_t lint_offset(const struct lint_file *file, uint32_t line, uint32_t col);

/* In the order of files and places, each once. */
void findings_sort(struct findings *f);
/* Rewrite the files; *fixed is how many findings that mends.  The rest stays in the list. */
int findings_fix(struct findings *f, size_t *fixed, struct err *err);

void findings_put_text(const struct findings *f, struct buf *out);
void findings_put_json(const struct findings *f, struct buf *out);

#endif
