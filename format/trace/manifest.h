/*
 * The manifest of a native trace: a JSON object that says how it came to be, by whom, on which host
 * and of what.  Whoever writes traces builds one with this; whoever shows one reads it with this.
 * The members are those of SPEC 3.1.
 */
#ifndef SAKER_TRACE_MANIFEST_H
#define SAKER_TRACE_MANIFEST_H

#include "format/base/buf.h"
#include "format/base/err.h"

struct manifest;

/* A longer one is not looked at. */
enum { MANIFEST_MAX_BYTES = 16 << 20 };

/*
 * writer: program and version, "scap convert 0.1.0".  NULL: no memory; the setters take NULL and
 * remember a later want of memory, so that only manifest_print can fail.
 */
struct manifest *manifest_new(struct sv writer);
void manifest_free(struct manifest *m);

/* host, kernel, machine and boot_id of this host, and when recording began. */
void manifest_host(struct manifest *m, uint64_t begun_ns);
/* One more item of the list "options": words of the command line. */
void manifest_option(struct manifest *m, struct sv word);
/*
 * One more item of the list "not_recorded": a kind of events or data that was left out on purpose.
 */
void manifest_not_recorded(struct manifest *m, struct sv what);
/*
 * One more file that this trace was made of.  sha256: hexadecimal, empty: neither it nor the size
 * is known.  inner: the file's own manifest, or NULL.
 */
void manifest_source(struct manifest *m, struct sv name, uint64_t size, struct sv sha256,
		     const struct manifest *inner);
/* A member of `object` (made if new; NULL: of the manifest itself). */
void manifest_text(struct manifest *m, const char *object, const char *key, struct sv value);
/* Exact up to 2^53; a time in ns is put as text. */
void manifest_number(struct manifest *m, const char *object, const char *key, uint64_t value);
void manifest_time(struct manifest *m, const char *object, const char *key, uint64_t ns);
/* One more item of the list `key` of `object`. */
void manifest_item(struct manifest *m, const char *object, const char *key, struct sv value);
/* Append it to out, on one line. */
int manifest_print(const struct manifest *m, struct buf *out, struct err *err);

/* ERR_FORMAT: not a JSON object.  The text is hostile and need not live on. */
int manifest_parse(struct sv json, struct manifest **out, struct err *err);
/* That of a native trace, and the SHA-256 of its text.  ERR_UNSUPPORTED: it is not a native one. */
int manifest_read(const char *path, struct manifest **out, uint8_t sha256[static 32],
		  struct err *err);
/*
 * Every text, number and truth value of it, in order, with the names above it joined by dots
 * ("source[0].sha256").  At most MANIFEST_SHOW values of it are told.
 */
enum { MANIFEST_SHOW = 1000 };
void manifest_each(const struct manifest *m,
		   void (*tell)(void *arg, struct sv name, struct sv value), void *arg);

#endif
