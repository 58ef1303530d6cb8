/*
 * Keeps the recorder's use of the CPU under a limit: when it is over it for a while, one more kind
 * of events is given up; when there has been room for long, one is taken back.
 */
#ifndef SAKER_REC_GOVERNOR_H
#define SAKER_REC_GOVERNOR_H

#include <stdint.h>

struct governor {
	double limit;   /* percent of one CPU; 0: none */
	unsigned steps; /* that there are */
	unsigned step;  /* given up now */
	unsigned calm;  /* looks in a row with room to spare */
};

enum { GOVERNOR_CALM = 20 };

/* Once a second or so: what was used since the last time.  The step to be at from now on. */
unsigned governor_look(struct governor *g, double percent);

#endif
