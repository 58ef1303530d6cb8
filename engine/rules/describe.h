/*
 * What a ruleset holds, as Falco's `falco -L` prints it in JSON: definitions as written, what they
 * became, and which events, fields, macros and lists they use.
 */
#ifndef SAKER_RULES_DESCRIBE_H
#define SAKER_RULES_DESCRIBE_H

#include "engine/rules/ruleset.h"

/*
 * One JSON object and a newline.  With a rule's name only that rule; false (and nothing written)
 * when there is none.  The ruleset must have been compiled.  Where Falco's order is that of a hash
 * table, names are sorted.
 */
bool describe_ruleset(const struct ruleset *rs, struct buf *out);
bool describe_rule(const struct ruleset *rs, struct sv name, struct buf *out);

#endif
