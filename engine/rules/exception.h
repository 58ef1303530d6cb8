/* Exceptions of rules: what may stand in them, and the condition they become. */
#ifndef SAKER_RULES_EXCEPTION_H
#define SAKER_RULES_EXCEPTION_H

#include "engine/rules/collect.h"

/*
 * Fill in missing comps and check fields against comps.  Field names are checked only if
 * `check_fields` (the rule's source is known).  -1 with an error in *dl.
 */
int exception_check(struct arena *a, struct exception_info *ex, bool check_fields,
		    struct diag_list *dl);

/* A list of fields without comps is compared with "=" each.  -1: no memory. */
int exception_default_comps(struct arena *a, struct exception_info *ex, struct diag_list *dl);

/*
 * "(condition) and not ((a = 1 and b in (2, 3)) or (...))": what a rule with exceptions means.
 * `fields` receives the fields used, sorted.  -1 with an error in *dl.
 */
int exceptions_condition(struct arena *a, struct sv condition, const struct exception_list *list,
			 struct sv_list *fields, struct sv *out, struct diag_list *dl);

/* Quote an item of a list or exception for use in a condition, if it has a blank and no quote. */
void put_quoted_item(struct buf *out, struct sv item);

#endif
