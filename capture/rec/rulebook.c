#include "capture/rec/rulebook.h"

#include "replay/rule_files.h"

#include <stdatomic.h>
#include <stdlib.h>

struct rulebook {
	_Atomic unsigned refs;
	struct inputs paths;
	struct rule_files loaded;
	struct alerts *alerts;
	struct store_file *files;
};

void rulebook_unref(struct rulebook *b)
{
	if (!b || atomic_fetch_sub(&b->refs, 1) > 1)
		return;
	alerts_free(b->alerts);
	rule_files_deinit(&b->loaded);
	inputs_deinit(&b->paths);
	free(b->files);
	free(b);
}

struct rulebook *rulebook_ref(struct rulebook *b)
{
	atomic_fetch_add(&b->refs, 1);
	return b;
}

struct ruleset *rulebook_rules(const struct rulebook *b)
{
	return b->loaded.rules;
}

struct alerts *rulebook_alerts(const struct rulebook *b)
{
	return b->alerts;
}

size_t rulebook_files(const struct rulebook *b, const struct store_file **out)
{
	*out = b->files;
	return b->paths.n;
}

static int find_files(struct rulebook *b, const struct options *o, struct err *err)
{
	for (size_t i = 0; i < o->rules.n; i++) {
		if (inputs_add(&b->paths, o->rules.items[i], &inputs_rules, err) < 0)
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

static int list_files(struct rulebook *b, struct err *err)
{
	b->files = calloc(b->paths.n + 1, sizeof *b->files);
	if (!b->files)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < b->paths.n; i++)
		b->files[i] = (struct store_file){ sv_of(b->paths.paths[i]),
						   sv_of(b->loaded.digests[i].hex) };
	return 0;
}

static int load(struct rulebook *b, const struct options *o, struct buf *notes, struct err *err)
{
	const struct ruleset_selection selection = rule_options_selection(&o->select);
	int rc = -1;

	if (find_files(b, o, err) == 0) {
		rc = rule_files_load(&b->loaded, &b->paths, &selection, err);
		put_notes(&b->loaded.diags, notes);
	}
	if (rc == 0 && list_files(b, err) == 0)
		return alerts_new(b->loaded.rules, o->json || o->db, &b->alerts, err);
	return -1;
}

int rulebook_load(const struct options *o, struct buf *notes, struct rulebook **out,
		  struct err *err)
{
	struct rulebook *b = calloc(1, sizeof *b);

	*out = NULL;
	if (!b)
		return err_set(err, ERR_NOMEM, "out of memory");
	atomic_init(&b->refs, 1);
	if (load(b, o, notes, err) < 0) {
		rulebook_unref(b);
		return -1;
	}
	*out = b;
	return 0;
}
