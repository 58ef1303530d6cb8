#include "replay/cli/listing.h"

#include "tools/common/human.h"
#include "tools/common/json.h"

#include <ctype.h>

/* --- fields --- */

static const struct {
	uint32_t flag;
	const char *name;
} field_notes[] = {
	{ FF_FILTER_ONLY, "filter only" },         { FF_PRINT_ONLY, "output only" },
	{ FF_ARG_REQUIRED, "needs its argument" }, { FF_LIST, "list" },
	{ FF_NO_RHS, "not on the right" },         { FF_NO_TRANSFORMER, "not in transformers" },
	{ FF_DEPRECATED, "deprecated" },
};
enum { FIELD_NOTES = sizeof field_notes / sizeof field_notes[0] };

static bool is_listed(const struct field_def *f)
{
	return !(f->flags & (FF_HIDDEN | FF_TABLE_ONLY));
}

static void put_type(struct buf *b, uint8_t type)
{
	for (const char *c = schema_type_name((enum param_type)type); *c; c++)
		buf_putc(b, (char)tolower((unsigned char)*c));
}

static void put_notes(struct buf *b, const struct field_def *f, const char *before)
{
	for (int i = 0; i < FIELD_NOTES; i++) {
		if (f->flags & field_notes[i].flag) {
			buf_printf(b, "%s%s", before, field_notes[i].name);
			before = ", ";
		}
	}
}

static void put_field_text(struct buf *b, const struct field_def *f)
{
	size_t at = b->n;

	buf_printf(b, "%s%s", f->name, f->arg_help ? f->arg_help : "");
	buf_printf(b, "%*s ", (int)(b->n - at < 32 ? 32 - (b->n - at) : 0), "");
	at = b->n;
	put_type(b, f->type);
	buf_printf(b, "%*s %s", (int)(b->n - at < 8 ? 8 - (b->n - at) : 0), "", f->help);
	put_notes(b, f, " (");
	if (b->p && b->n && b->p[b->n - 1] != '.')
		buf_putc(b, ')');
	buf_putc(b, '\n');
}

static void put_field_markdown(struct buf *b, const struct field_def *f)
{
	buf_printf(b, "| `%s%s` | ", f->name, f->arg_help ? f->arg_help : "");
	put_type(b, f->type);
	buf_printf(b, " | %s |", f->help);
	put_notes(b, f, " ");
	buf_puts(b, " |\n");
}

static void put_field_json(struct json *j, const struct field_def *f)
{
	struct buf type = { 0 };

	put_type(&type, f->type);
	json_object(j, NULL);
	json_text(j, "name", sv_of(f->name));
	json_text(j, "class", sv_of(f->class_name));
	json_text(j, "type", buf_sv(&type));
	if (f->arg_help)
		json_text(j, "argument", sv_of(f->arg_help));
	json_text(j, "help", sv_of(f->help));
	json_array(j, "notes");
	for (int i = 0; i < FIELD_NOTES; i++) {
		if (f->flags & field_notes[i].flag)
			json_text(j, NULL, sv_of(field_notes[i].name));
	}
	json_end_array(j);
	json_end_object(j);
	buf_deinit(&type);
}

void listing_fields(struct buf *b, enum listing_format format)
{
	struct json j = { .out = b };
	const char *class_name = "";

	if (format == LISTING_JSON)
		json_array(&j, NULL);
	for (size_t i = 0; i < field_defs_n; i++) {
		const struct field_def *f = &field_defs[i];

		if (!is_listed(f))
			continue;
		if (format == LISTING_JSON) {
			put_field_json(&j, f);
			continue;
		}
		if (strcmp(class_name, f->class_name) != 0) {
			buf_printf(b,
				   format == LISTING_TEXT ? "%s%s\n"
							  : "%s## %s\n\n| field | type | | |\n"
							    "|---|---|---|---|\n",
				   *class_name ? "\n" : "", f->class_name);
			class_name = f->class_name;
		}
		if (format == LISTING_TEXT)
			put_field_text(b, f);
		else
			put_field_markdown(b, f);
	}
	if (format == LISTING_JSON) {
		json_end_array(&j);
		buf_putc(b, '\n');
	}
}

/* --- events --- */

/* What a current recording can hold. */
static bool is_current(const struct event_desc *e)
{
	return !(e->flags & (EF_OLD_VERSION | EF_UNUSED));
}

static void put_params(struct buf *b, const struct event_desc *e)
{
	for (uint8_t i = 0; i < e->nparams; i++) {
		buf_printf(b, "%s%s ", i ? ", " : "", e->params[i].name);
		put_type(b, e->params[i].type);
	}
}

static void put_event_json(struct json *j, const struct event_desc *e)
{
	struct buf type = { 0 };

	json_object(j, NULL);
	json_u64(j, "id", e->id);
	json_text(j, "name", sv_of(e->name));
	json_text(j, "direction", event_is_exit(e->id) ? SV("<") : SV(">"));
	json_text(j, "category", sv_of(schema_category_name(e->category)));
	json_array(j, "params");
	for (uint8_t i = 0; i < e->nparams; i++) {
		buf_clear(&type);
		put_type(&type, e->params[i].type);
		json_object(j, NULL);
		json_text(j, "name", sv_of(e->params[i].name));
		json_text(j, "type", buf_sv(&type));
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	buf_deinit(&type);
}

void listing_events(struct buf *b, enum listing_format format)
{
	struct json j = { .out = b };

	if (format == LISTING_JSON)
		json_array(&j, NULL);
	if (format == LISTING_MARKDOWN)
		buf_puts(b, "| id | event | | category | parameters |\n|---|---|---|---|---|\n");
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		const struct event_desc *e = schema_event(id);
		const char *category = schema_category_name(e->category);
		char dir = event_is_exit(id) ? '<' : '>';

		if (!is_current(e))
			continue;
		if (format == LISTING_JSON) {
			put_event_json(&j, e);
			continue;
		}
		if (format == LISTING_TEXT)
			buf_printf(b, "%3u %c %-20s %-10s ", id, dir, e->name, category);
		else
			buf_printf(b, "| %u | `%s` | %c | %s | ", id, e->name, dir, category);
		put_params(b, e);
		buf_puts(b, format == LISTING_TEXT ? "\n" : " |\n");
	}
	if (format == LISTING_JSON) {
		json_end_array(&j);
		buf_putc(b, '\n');
	}
}

/* --- rules --- */

static void put_tags(struct buf *b, const struct rule *r)
{
	for (size_t i = 0; i < r->ntags; i++) {
		buf_puts(b, i ? ", " : "");
		human_text(b, r->tags[i]);
	}
}

static void put_place(struct buf *b, const struct rule *r)
{
	human_text(b, r->file);
	buf_printf(b, ":%u", r->line);
}

static void json_rule(struct json *j, const struct rule *r)
{
	json_text(j, "name", r->name);
	json_text(j, "priority", sv_of(priority_name(r->priority)));
	json_bool(j, "enabled", r->enabled);
	json_array(j, "tags");
	for (size_t i = 0; i < r->ntags; i++)
		json_text(j, NULL, r->tags[i]);
	json_end_array(j);
	json_text(j, "file", r->file);
	json_u64(j, "line", r->line);
	json_text(j, "description", r->desc);
}

void listing_rules(struct buf *b, const struct ruleset *rs, enum listing_format format)
{
	struct json j = { .out = b };
	const struct rule *rules;
	size_t n = ruleset_rules(rs, &rules);

	if (format == LISTING_JSON)
		json_array(&j, NULL);
	if (format == LISTING_MARKDOWN)
		buf_puts(b, "| rule | priority | tags | defined in |\n|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = &rules[i];

		if (format == LISTING_JSON) {
			json_object(&j, NULL);
			json_rule(&j, r);
			json_end_object(&j);
			continue;
		}
		buf_puts(b, format == LISTING_TEXT ? "" : "| ");
		human_text(b, r->name);
		buf_printf(b, format == LISTING_TEXT ? "%s\n    %s; " : "%s | %s | ",
			   r->enabled ? "" : " (disabled)", priority_name(r->priority));
		put_tags(b, r);
		buf_puts(b, format == LISTING_TEXT ? "; " : " | ");
		put_place(b, r);
		buf_puts(b, format == LISTING_TEXT ? "\n" : " |\n");
	}
	if (format == LISTING_JSON) {
		json_end_array(&j);
		buf_putc(b, '\n');
	}
}

/* Names of the event types at which the rule could hold, each once. */
static size_t event_names(const struct ruleset *rs, const struct rule *r,
			  const char *names[static EV_COUNT])
{
	size_t n = 0;

	if (r->condition_id == UINT32_MAX)
		return 0;
	const struct type_set *types = program_types(ruleset_program(rs), r->condition_id);

	for (uint32_t id = 0; id < EV_COUNT; id++) {
		size_t k = 0;

		if (!type_set_has(types, id) || !is_current(schema_event(id)))
			continue;
		while (k < n && strcmp(names[k], schema_event(id)->name) != 0)
			k++;
		if (k == n)
			names[n++] = schema_event(id)->name;
	}
	return n;
}

/* A text of several lines, indented. */
static void put_block(struct buf *b, const char *title, struct sv text, bool markdown)
{
	buf_printf(b, markdown ? "\n### %s\n\n" : "\n%s\n", title);
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct sv line = { text.p, end ? (size_t)(end - text.p) : text.n };

		if (line.n)
			buf_puts(b, "    ");
		human_text(b, line);
		buf_putc(b, '\n');
		text.p += line.n + (end != NULL);
		text.n -= line.n + (end != NULL);
	}
}

static void put_rule_text(struct buf *b, const struct rule *r, const char *const *events, size_t n,
			  bool markdown)
{
	buf_puts(b, markdown ? "## " : "");
	human_text(b, r->name);
	buf_printf(b, "%s%s; %s; ", markdown ? "\n\n" : "\n    ", priority_name(r->priority),
		   r->enabled ? "enabled" : "disabled");
	put_tags(b, r);
	buf_puts(b, r->ntags ? "; " : "");
	put_place(b, r);
	buf_putc(b, '\n');
	put_block(b, "Description", r->desc, markdown);
	put_block(b, "Condition", r->condition, markdown);
	put_block(b, "Output", r->output, markdown);

	struct buf names = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&names, "%s%s", i ? " " : "", events[i]);
	put_block(b, "Events", buf_sv(&names), markdown);
	buf_deinit(&names);
}

static void put_rule_json(struct buf *b, const struct rule *r, const char *const *events, size_t n)
{
	struct json j = { .out = b };

	json_object(&j, NULL);
	json_rule(&j, r);
	json_text(&j, "condition", r->condition);
	json_text(&j, "output", r->output);
	json_text(&j, "source", r->source);
	json_array(&j, "events");
	for (size_t i = 0; i < n; i++)
		json_text(&j, NULL, sv_of(events[i]));
	json_end_array(&j);
	json_text(&j, "source_text", r->source_text);
	json_end_object(&j);
	buf_putc(b, '\n');
}

int listing_rule(struct buf *b, const struct ruleset *rs, const char *name,
		 enum listing_format format, struct err *err)
{
	const struct rule *rules;
	size_t n = ruleset_rules(rs, &rules);
	const char *events[EV_COUNT];

	for (size_t i = 0; i < n; i++) {
		if (!sv_eq(rules[i].name, sv_of(name)))
			continue;
		size_t nevents = event_names(rs, &rules[i], events);

		if (format == LISTING_JSON)
			put_rule_json(b, &rules[i], events, nevents);
		else
			put_rule_text(b, &rules[i], events, nevents, format == LISTING_MARKDOWN);
		return 0;
	}
	return err_set(err, ERR_USAGE, "there is no rule called %s (try --list-rules)", name);
}
