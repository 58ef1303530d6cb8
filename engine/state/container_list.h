/*
 * Known containers by id; engine/state only.
 */
#ifndef SAKER_STATE_CONTAINER_LIST_H
#define SAKER_STATE_CONTAINER_LIST_H

#include "engine/state/container.h"

struct container_list;

struct container_list *container_list_new(void); /* holds the host; NULL: no memory */
void container_list_free(struct container_list *l);
struct container *container_list_find(const struct container_list *l, struct sv id);
/*
 * Enter take_c in place of one with its id.  0; -1: no memory; 1: no room for another id.  It is
 * gone when it was not entered.
 */
int container_list_put(struct container_list *l, struct container *take_c);
void container_list_remove(struct container_list *l, struct sv id);

/*
 * Its slots in order, those of removed containers (*c is NULL) included: an id keeps its slot for
 * good.  Slot 0 is the host's, whose id is "".  False: there are no more.
 */
bool container_list_slot(const struct container_list *l, uint32_t i, struct sv *id,
			 const struct container **c);
/* Keep the next slot for id, without a container so far.  As container_list_put. */
int container_list_reserve(struct container_list *l, struct sv id);

/* Until each() says false. */
void container_list_each(const struct container_list *l,
			 bool (*each)(void *arg, const struct container *c), void *arg);

/* One of which only id and engine are known; NULL: no memory. */
struct container *container_new(struct sv id, const char *type);
void container_free(struct container *c);
/* What a container event says ({"container": {...}}); NULL: not that, or no memory. */
struct container *container_from_json(struct sv json);

#endif
