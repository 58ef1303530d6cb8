/*
 * Users or groups of the host, by number.
 */
#ifndef SAKER_STATE_CREDENTIALS_H
#define SAKER_STATE_CREDENTIALS_H

#include "engine/state/state.h"

struct credential {
	uint32_t id;
	bool listed; /* by the section's own list, which wins over events before its end */
	struct user user;
	struct group group; /* one of both, by the table that it is in */
};

struct credentials {
	struct credential **slots;
	uint32_t nslots; /* a power of two, or 0 */
	uint32_t n;
};

void credentials_deinit(struct credentials *c);
struct credential *credentials_find(const struct credentials *c, uint32_t id);
/* All n of them in ascending order, for the caller to free; NULL: no memory. */
const struct credential **credentials_sorted(const struct credentials *c, uint32_t *n);
/* Find or make.  NULL: no memory, or full (check n against STATE_MAX_USERS first). */
struct credential *credentials_make(struct credentials *c, uint32_t id);
/* False: it was not there. */
bool credentials_remove(struct credentials *c, uint32_t id);

#endif
