/* Versions "major.minor.patch" and what a rule file may ask of them. */
#ifndef SAKER_RULES_VERSION_H
#define SAKER_RULES_VERSION_H

#include "format/base/sv.h"

#include <stdint.h>

struct version {
	uint32_t major, minor, patch;
};

/* The rule language we speak, in Falco's counting. */
#define ENGINE_VERSION ((struct version){ 0, 62, 0 })
/* The plugin whose fields are built in. */
#define CONTAINER_PLUGIN_VERSION ((struct version){ 0, 7, 1 })

/* Reads as far as three numbers go; the text must end in NUL. */
bool version_parse(struct sv text, struct version *out);
int version_cmp(struct version a, struct version b);
/* Same major version, and not older than what is asked for. */
bool version_serves(struct version have, struct version want);

#define VERSION_FMT    "%" PRIu32 ".%" PRIu32 ".%" PRIu32
#define VERSION_ARG(v) (v).major, (v).minor, (v).patch

#endif
