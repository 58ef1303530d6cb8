/*
 * What went wrong, told once.
 *
 * Every function that can fail takes a `struct err *` last and returns -1 (or NEXT_ERROR) after
 * filling it; success leaves it untouched, so calls chain with ||.  The first error wins: filling
 * an err that is already filled does nothing.  A message is one sentence without "error:" and
 * without a newline; the file's name is put in front by whoever opened it (err_prefix).
 */
#ifndef SAKER_BASE_ERR_H
#define SAKER_BASE_ERR_H

#include <stdint.h>

enum err_code {
	ERR_NONE = 0,
	ERR_USAGE,       /* wrong command line: exit status 2 */
	ERR_IO,          /* the operating system said no */
	ERR_FORMAT,      /* bytes of a trace that contradict the format */
	ERR_TRUNCATED,   /* a trace that ends inside a block */
	ERR_SYNTAX,      /* text that does not parse */
	ERR_CHECK,       /* text that parses but has no meaning: unknown field, wrong type */
	ERR_LIMIT,       /* a stated limit was reached */
	ERR_UNSUPPORTED, /* well formed, but this version cannot do it */
	ERR_STORE,       /* SQLite refused */
	ERR_NOMEM,
};

/* Where: line and column of a text (from 1, 0 when unknown) or byte offset of a file. */
struct err_pos {
	uint32_t line;
	uint32_t col;
	uint64_t offset;
};

struct err {
	enum err_code code;
	struct err_pos pos;
	char msg[512];
};

/* What an iterator's step returned.  IDLE: nothing now, ask again later (live sources only). */
enum next { NEXT_ERROR = -1, NEXT_END = 0, NEXT_ITEM = 1, NEXT_IDLE = 2 };

/* Fill *err (which may be NULL) and return -1. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_at(struct err *err, enum err_code code, struct err_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* ERR_IO with ": " and the text of errno appended. */
int err_errno(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Put context in front of the message of a filled err; returns -1. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Exit status that the command line tools use for this error: 2 for ERR_USAGE, else 1. */
int err_exit_status(const struct err *err);

#endif
