/* Files of /proc: read whole, cut into numbers and lines.  Everything is relative to a directory
 * fd, so that a process that is replaced by another of the same number is never mixed with it. */
#ifndef SAKER_PROCFS_H
#define SAKER_PROCFS_H

#include "format/base/buf.h"

#include <dirent.h>

enum { PROC_PATH_MAX = 1023 }; /* what a trace keeps of a path */

/*
 * Contents of dir/name into b (cleared first), at most max bytes.  False with errno set; ESRCH and
 * ENOENT say that the process is gone.
 */
bool procfs_read(int dir, const char *name, size_t max, struct buf *b);
/* The same of a file that the kernel writes in one go, so that a short read is its end. */
bool procfs_read_record(int dir, const char *name, size_t max, struct buf *b);

/* Target of the link dir/name, cut at PROC_PATH_MAX; .p is NULL with errno set on failure. */
struct sv procfs_link(int dir, const char *name, char out[static PROC_PATH_MAX + 1]);

int procfs_open_dir(int dir, const char *name); /* -1 with errno */

/* The directory as a stream of its own; dir/name is opened anew.  NULL with errno. */
DIR *procfs_list(int dir, const char *name);
/* The next entry that is a number; NULL: no more. */
const char *procfs_next_number(DIR *d, int64_t *number);

/*
 * A walk over the numbers of a directory that changes meanwhile: each is asked for when the one
 * before has been dealt with, so that whatever came in between with a greater number is not missed.
 */
struct number_walk {
	int dir;
	size_t n, at; /* bytes in entries, and those walked */
	char entries[512];
};

/* dir stays the caller's; the walk moves its position. */
void number_walk_init(struct number_walk *w, int dir);
/* Its name is valid until the next call; NULL: no more. */
const char *number_walk_next(struct number_walk *w, int64_t *number);

/* Cut the next line (without its '\n') off *rest; false when nothing is left. */
bool sv_next_line(struct sv *rest, struct sv *line);
/* Skip blanks and tabs, then cut a word off; empty when nothing is left. */
struct sv sv_next_word(struct sv *rest);
/* A number of this base (10, 16, 8); stops at the first other character.  0 when there is none. */
uint64_t sv_number(struct sv text, unsigned base);
int64_t sv_signed(struct sv text);
/* The value of "Name:\tvalue" when the line begins with `name` (which includes the colon). */
bool sv_value_of(struct sv line, struct sv name, struct sv *value);

#endif
