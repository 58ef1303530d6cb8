/*
 * Events that a suite writes out: "- openat: {proc: bash, name: /etc/shadow, flags: O_RDONLY}".
 * Each becomes the record that a recorder would have made, and the processes in it a process list
 * from before the first event.
 */
#ifndef SAKER_RULETEST_INLINE_H
#define SAKER_RULETEST_INLINE_H

#include "format/record.h"
#include "tools/ruletest/node.h"

/*
 * `processes` (may be NULL) and `events` of saker-suite(5); everything goes into r->arena.
 * ERR_SYNTAX with the place.
 */
int inline_read(const struct reading *r, const struct yaml_node *processes,
		const struct yaml_node *events, struct record **out, size_t *n);

/* --- its parts --- */

/* One parameter's bytes, from what a suite says of it (NULL: nothing). */
int inline_param(const struct reading *r, const struct param_desc *param,
		 const struct yaml_node *value, struct sv *out);
/* Texts laid end to end, each with its NUL; *out is empty without any. */
bool inline_join(struct arena *a, const struct sv *items, size_t n, struct sv *out);

struct cast; /* the processes of one trace */

struct actor {
	struct sv name; /* as events call it */
	struct proc_entry proc;
	int64_t next_fd;
};

int cast_new(const struct reading *r, const struct yaml_node *processes, struct cast **out);
/* By its name, or a path of names such as "sshd/bash"; made up if nothing was said of it. */
struct actor *cast_find(struct cast *c, const struct reading *r, const struct yaml_node *name);
/* All of them as records, parents first. */
size_t cast_size(const struct cast *c);
const struct actor *cast_actor(const struct cast *c, size_t i);

#endif
