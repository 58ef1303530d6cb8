/* Explanations of a rule at an event, as text and as JSON. */
#ifndef SAKER_RULETEST_EXPLAIN_H
#define SAKER_RULETEST_EXPLAIN_H

#include "tools/common/json.h"
#include "tools/ruletest/verdict.h"

/* At the event at hand. */
struct explanation {
	struct anatomy *a;
	struct field_ctx *ctx;
	bool *blamed;
	bool colour;
	/* The rule before it that answers where only the first does; NULL: none. */
	const struct rule *shadowed_by;
};

/* Looks at the event; `blamed` has room for all parts. */
void explain_look(struct explanation *x);
void explain_put_text(struct buf *out, const struct explanation *x);
/* The same in few lines: the checks that are to blame, each with its value and place. */
void explain_put_blame(struct buf *out, const struct explanation *x);
void explain_put_json(struct json *j, const struct explanation *x);

/* What keeps a rule quiet whatever happens, a line each; nothing for most. */
void explain_put_state(struct buf *out, const struct rule *rule);
/* "event 7 at 13:53:31.726060287: cat[12] openat fd=3 ..." */
void explain_put_event(struct buf *out, const struct field_ctx *ctx);

#endif
