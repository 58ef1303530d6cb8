/* Checks of how rule files are written. */
#include "engine/rules/yaml.h"
#include "tools/ruletest/lint_checks.h"

static void mend(struct findings *f, struct finding *x, size_t from, size_t to, const char *with)
{
	if (!x)
		return;
	x->from = from;
	x->to = to;
	x->with = arena_sv(&f->arena, sv_of(with));
}

static void lint_blanks(struct findings *f, const struct lint_file *file)
{
	struct sv text = file->text;

	for (size_t at = 0; at < text.n;) {
		const char *nl = memchr(text.p + at, '\n', text.n - at);
		size_t end = nl ? (size_t)(nl - text.p) : text.n, last = end;

		while (last > at && (text.p[last - 1] == ' ' || text.p[last - 1] == '\t'))
			last--;
		if (last < end)
			mend(f,
			     findings_at(f, FINDING_STYLE, "trailing-blank", file, last,
					 "blanks at the end of the line"),
			     last, end, "");
		at = end + 1;
	}
	if (text.n && text.p[text.n - 1] != '\n')
		mend(f,
		     findings_at(f, FINDING_STYLE, "last-line", file, text.n,
				 "the last line has no end"),
		     text.n, text.n, "\n");
}

/* --- definitions --- */

struct definition {
	const char *kind;
	struct sv name, file;
	uint32_t line;
};

struct definitions {
	struct definition *items;
	size_t n, cap;
};

static const char *const kinds[] = { "rule", "macro", "list" };

static bool changes_another(const struct yaml_node *item)
{
	const struct yaml_node *append = yaml_get_key(item, "append");
	bool appends = false;

	return yaml_get_key(item, "override") ||
	       (append && yaml_to_bool(append, &appends) && appends);
}

static void lint_definition(struct findings *f, struct definitions *all,
			    const struct lint_file *file, const char *kind,
			    const struct yaml_node *item, struct sv name)
{
	bool defines = yaml_get_key(item, "condition") || yaml_get_key(item, "items");
	struct definition *items;

	if (!defines || changes_another(item))
		return;
	for (size_t i = 0; i < all->n; i++) {
		const struct definition *d = &all->items[i];

		if (d->kind == kind && sv_eq(d->name, name))
			findings_at(f, FINDING_WARNING, "replaces", file, item->mark.offset,
				    "%s %.*s replaces the one at %.*s:%u", kind, SV_ARG(name),
				    SV_ARG(d->file), d->line);
	}
	items = vec_room(&f->arena, all->items, all->n, &all->cap, sizeof *items);
	if (!items) {
		f->failed = true;
		return;
	}
	all->items = items;
	items[all->n++] = (struct definition){ kind, name, file->name, item->mark.line + 1 };
}

/* "append: true" became "override: {KEY: append}". */
static void lint_append(struct findings *f, const struct lint_file *file,
			const struct yaml_node *item)
{
	static const char *const keys[] = { "condition", "exceptions", "items" };
	const struct yaml_node *append = yaml_get_key(item, "append");
	char with[64] = "override: {";
	size_t nkeys = 0;
	bool on = false;

	if (!append || !yaml_to_bool(append, &on) || !on)
		return;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (!yaml_get_key(item, keys[i]))
			continue;
		if (nkeys++)
			strcat(with, ", ");
		strcat(strcat(with, keys[i]), ": append");
	}
	strcat(with, "}");
	for (size_t i = 0; i < item->n; i++) {
		const struct yaml_node *key = item->items[2 * i];

		if (item->items[2 * i + 1] != append)
			continue;
		struct finding *x =
			findings_at(f, FINDING_STYLE, "append", file, key->mark.offset,
				    "\"append: true\" is out of date: write \"%s\"", with);
		if (nkeys)
			mend(f, x, key->mark.offset, append->mark.offset + append->text.n, with);
	}
}

static void lint_list(struct findings *f, const struct lint_file *file,
		      const struct yaml_node *item)
{
	const struct yaml_node *items = yaml_get_key(item, "items");

	if (!items || items->kind != YAML_SEQ)
		return;
	for (size_t i = 0; i < items->n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!sv_eq(items->items[i]->text, items->items[k]->text))
				continue;
			findings_at(f, FINDING_WARNING, "doubled-item", file,
				    items->items[i]->mark.offset, "%.*s is in the list already",
				    SV_ARG(items->items[i]->text));
			break;
		}
	}
}

static void lint_rule_item(struct findings *f, const struct lint_file *file,
			   const struct yaml_node *item, struct sv name)
{
	const struct yaml_node *output = yaml_get_key(item, "output");
	bool defines = yaml_get_key(item, "condition") && output && !changes_another(item);

	if (name.n && (name.p[0] == ' ' || name.p[name.n - 1] == ' '))
		findings_at(f, FINDING_WARNING, "name", file, item->mark.offset,
			    "the rule's name begins or ends with a blank");
	if (defines && !yaml_get_key(item, "tags"))
		findings_at(f, FINDING_STYLE, "no-tags", file, item->mark.offset,
			    "the rule has no tags to select it by");
	if (defines && output->kind == YAML_SCALAR && output->text.n &&
	    !memchr(output->text.p, '%', output->text.n))
		findings_at(f, FINDING_WARNING, "empty-output", file, output->mark.offset,
			    "the output shows nothing of the event");
}

static void lint_items(struct findings *f, const struct lint_file *file, struct definitions *all)
{
	struct yaml_stream stream;
	struct err err = { 0 };

	/* What does not parse, the loader tells. */
	if (yaml_parse(file->text, &f->arena, &stream, &err) < 0)
		return;
	for (size_t d = 0; d < stream.n; d++) {
		const struct yaml_node *doc = stream.docs[d];

		for (size_t i = 0; doc->kind == YAML_SEQ && i < doc->n; i++) {
			const struct yaml_node *item = doc->items[i];

			if (item->kind != YAML_MAP)
				continue;
			for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
				const struct yaml_node *name = yaml_get_key(item, kinds[k]);

				if (!name || name->kind != YAML_SCALAR)
					continue;
				lint_definition(f, all, file, kinds[k], item, name->text);
				if (k == 0)
					lint_rule_item(f, file, item, name->text);
			}
			lint_append(f, file, item);
			lint_list(f, file, item);
		}
	}
}

void lint_files(struct findings *f)
{
	struct definitions all = { 0 };

	for (size_t i = 0; i < f->nfiles; i++) {
		lint_blanks(f, &f->files[i]);
		lint_items(f, &f->files[i], &all);
	}
}

void lint_loader(struct findings *f, const struct diag_list *dl)
{
	for (size_t i = 0; i < dl->n; i++) {
		const struct diag *d = &dl->items[i];
		const struct diag_location *at = d->nwhere ? &d->where[d->nwhere - 1] : NULL;
		struct sv file = d->file < dl->nfiles ? dl->files[d->file].name : SV("");
		uint32_t line = at ? at->line + 1 : 0, col = at ? at->col + 1 : 0;

		struct sv subject = { 0 };
		bool unused = d->code == LOAD_UNUSED_MACRO || d->code == LOAD_UNUSED_LIST;

		/* A later file may use what one before it does not: the last look counts. */
		if (unused && d->file + 1 != dl->nfiles)
			continue;
		if (unused && at)
			subject = at->item_name;
		if (at && d->where[0].name.n)
			file = d->where[0].name;
		/* "append: true" has a check of its own, which can mend it. */
		if (d->code == LOAD_DEPRECATED_ITEM && sv_starts(d->message, SV("'append' key")))
			continue;
		if (d->spot.file.n) {
			file = d->spot.file;
			line = d->spot.line + 1;
			col = d->spot.col + 1;
		}
		findings_add(f, diag_is_error(d->code) ? FINDING_ERROR : FINDING_WARNING,
			     diag_code_name(d->code), file, line, col, "%.*s%s%.*s",
			     SV_ARG(subject), unused ? ": " : "", SV_ARG(d->message));
	}
}
