/* One run of rec, from its options to its exit status. */
#ifndef SAKER_REC_SESSION_H
#define SAKER_REC_SESSION_H

#include "capture/rec/options.h"

/* All of main. */
int rec_main(int argc, char **argv);

#endif
