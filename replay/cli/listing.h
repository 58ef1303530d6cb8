/* replay --list-fields and its siblings: what there is to write rules with. */
#ifndef SAKER_REPLAY_CLI_LISTING_H
#define SAKER_REPLAY_CLI_LISTING_H

#include "replay/cli/options.h"

/* Each appends the whole listing to *b. */
void listing_fields(struct buf *b, enum listing_format format);
void listing_events(struct buf *b, enum listing_format format);
void listing_rules(struct buf *b, const struct ruleset *rs, enum listing_format format);
/* ERR_USAGE: there is no such rule. */
int listing_rule(struct buf *b, const struct ruleset *rs, const char *name,
		 enum listing_format format, struct err *err);

#endif
