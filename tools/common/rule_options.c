#include "tools/common/rule_options.h"

#include <stdlib.h>

static int add_word(struct words *w, const char *word, struct err *err)
{
	struct sv *items = realloc(w->items, (w->n + 1) * sizeof *items);

	if (!items)
		return err_set(err, ERR_NOMEM, "out of memory");
	w->items = items;
	items[w->n++] = sv_of(word);
	return 0;
}

static int take_priority(struct rule_options *o, const char *text, struct err *err)
{
	if (priority_parse(sv_of(text), &o->min_priority))
		return 0;
	return err_set(err, ERR_USAGE,
		       "no such priority: %s (emergency, alert, critical, error, warning, notice, "
		       "informational or debug)",
		       text);
}

static int take_matching(struct rule_options *o, const struct cli *c, struct err *err)
{
	static const char *const modes[] = { "all", "first", NULL };
	size_t at;

	if (cli_choice(c, "rule-matching", modes, &at, err) < 0)
		return -1;
	o->matching = at ? MATCH_FIRST : MATCH_ALL;
	return 0;
}

int rule_options_take(struct rule_options *o, int key, const struct cli *c, struct err *err)
{
	switch (key) {
	case 't':
		return add_word(&o->tags_on, c->value, err);
	case 'T':
		return add_word(&o->tags_off, c->value, err);
	case 'D':
		return add_word(&o->rules_off, c->value, err);
	case RULE_OPTION_EXTRA_FIELD:
		return add_word(&o->extra_fields, c->value, err);
	case RULE_OPTION_PRIORITY:
		return take_priority(o, c->value, err);
	case RULE_OPTION_MATCHING:
		return take_matching(o, c, err);
	default:
		return 0;
	}
}

void rule_options_deinit(struct rule_options *o)
{
	free(o->tags_on.items);
	free(o->tags_off.items);
	free(o->rules_off.items);
	free(o->extra_fields.items);
	*o = (struct rule_options)RULE_OPTIONS_INIT;
}

struct ruleset_selection rule_options_selection(const struct rule_options *o)
{
	return (struct ruleset_selection){ .tags_on = o->tags_on.items,
					   .ntags_on = o->tags_on.n,
					   .tags_off = o->tags_off.items,
					   .ntags_off = o->tags_off.n,
					   .rules_off = o->rules_off.items,
					   .nrules_off = o->rules_off.n,
					   .min_priority = o->min_priority,
					   .extra_fields = o->extra_fields.items,
					   .nextra_fields = o->extra_fields.n };
}
