#include "capture/rec/live_rules.h"

#include "replay/rule_files.h"

#include <stdlib.h>

static int find_files(const struct options *o, struct inputs *out, struct err *err)
{
	for (size_t i = 0; i < o->rules.n; i++) {
		if (inputs_add(out, o->rules.items[i], &inputs_rules, err) < 0)
			return -1;
	}
	return 0;
}

/* That nobody uses a macro yet is no news to whoever runs the rules. */
static bool is_news(const struct diag *d)
{
	return d->code != LOAD_UNUSED_MACRO && d->code != LOAD_UNUSED_LIST;
}

static void put_notes(const struct diag_list *all, struct buf *notes)
{
	struct diag_list news = *all;

	news.items = calloc(all->n + 1, sizeof *news.items);
	news.n = 0;
	for (size_t i = 0; news.items && i < all->n; i++) {
		if (is_news(&all->items[i]))
			news.items[news.n++] = all->items[i];
	}
	diag_print_text(news.items ? &news : all, notes);
	free(news.items);
}

int live_rules_load(const struct options *o, struct buf *notes, struct ruleset **out,
		    struct err *err)
{
	struct ruleset_selection selection;
	struct rule_files files = { 0 };
	struct inputs paths = { 0 };
	struct sv *room = NULL;
	int rc = -1;

	*out = NULL;
	if (find_files(o, &paths, err) == 0 && options_selection(o, &room, &selection, err) == 0) {
		rc = rule_files_load(&files, &paths, &selection, err);
		put_notes(&files.diags, notes);
		*out = files.rules;
		files.rules = NULL;
	}
	rule_files_deinit(&files);
	inputs_deinit(&paths);
	free(room);
	return rc;
}
