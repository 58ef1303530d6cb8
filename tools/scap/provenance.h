/* The manifest of a trace that is made of other traces. */
#ifndef SAKER_SCAP_PROVENANCE_H
#define SAKER_SCAP_PROVENANCE_H

#include "format/trace/manifest.h"

/*
 * command: "convert".  Names, sizes and hashes of the inputs, and their own manifests; nothing of
 * the moment or the machine, so that the same input gives the same file.  Of standard input ("-")
 * only that much is known.  The caller adds its options.
 */
int provenance_new(const char *command, char *const *inputs, int n, struct manifest **out,
		   struct err *err);

#endif
