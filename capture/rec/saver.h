/*
 * Puts pieces of the recent past together into files, in a thread of its own: whoever records does
 * not wait for the disk.
 */
#ifndef SAKER_REC_SAVER_H
#define SAKER_REC_SAVER_H

#include "capture/rec/meter.h"
#include "capture/rec/piece.h"

struct saver;

struct saver_options {
	const char *path; /* files get numbers: match.000001.scap */
	struct sv manifest;
	int level;
	uint32_t keep;       /* files; 0: all */
	uint64_t room_bytes; /* of pieces that wait; what does not fit is lost, and told */
	struct meter *meter;
};

int saver_new(const struct saver_options *opt, struct saver **out, struct err *err);
/* The next piece of the file that is being made; the first one begins it.  Takes a reference. */
void saver_add(struct saver *s, struct piece *p);
/* The file is complete. */
void saver_end_file(struct saver *s);
/* Save all that waits, then free.  -1: something could not be saved; this was the first reason. */
int saver_close(struct saver *s, struct err *err);

#endif
