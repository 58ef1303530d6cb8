#define _XOPEN_SOURCE 700 /* realpath */
#include "replay/sink_store.h"

#include "replay/digest.h"
#include "replay/processes.h"

#include <ctype.h>
#include <stdlib.h>
#include <time.h>

struct store_sink {
	struct sink sink;
	struct store_sink_options opt;
	struct digest rules_sha256;
	struct store_rule *rules;
	size_t nrules;
	int64_t **keys; /* per rule: numbers of its keys, made when it first matches */
	struct store_field *thread_fields, *event_fields;
	size_t room; /* of both */
	struct processes *processes;
};

static void close_sink(struct sink *sink)
{
	struct store_sink *s = (struct store_sink *)sink;

	for (size_t i = 0; s->keys && i < s->nrules; i++)
		free(s->keys[i]);
	free(s->keys);
	free(s->rules);
	free(s->thread_fields);
	free(s->event_fields);
	processes_free(s->processes);
	free(s);
}

/* One hash for the rule files as loaded, in their order. */
static int hash_rules(struct store_sink *s, struct err *err)
{
	struct buf all = { 0 };
	int rc;

	for (size_t i = 0; i < s->opt.nfiles; i++) {
		buf_putsv(&all, s->opt.files[i].sha256);
		buf_putc(&all, '\n');
	}
	rc = all.failed ? err_set(err, ERR_NOMEM, "out of memory")
			: digest_text(buf_sv(&all), &s->rules_sha256, err);
	buf_deinit(&all);
	return rc;
}

static int list_rules(struct store_sink *s, struct err *err)
{
	const struct rule *rules;

	s->nrules = ruleset_rules(s->opt.rules, &rules);
	s->rules = calloc(s->nrules + 1, sizeof *s->rules);
	s->keys = calloc(s->nrules + 1, sizeof *s->keys);
	if (!s->rules || !s->keys)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < s->nrules; i++) {
		const struct rule *r = &rules[i];

		s->rules[i] = (struct store_rule){ .name = r->name,
						   .source = r->source,
						   .description = r->desc,
						   .condition = r->condition,
						   .output = r->output,
						   .file = r->file,
						   .source_text = r->source_text,
						   .tags = r->tags,
						   .ntags = r->ntags,
						   .priority = (uint32_t)r->priority,
						   .line = r->line };
	}
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int begin_run(struct store_sink *s, const struct store_file *trace, uint64_t size,
		     struct err *err)
{
	const struct store_run run = { .trace = *trace,
				       .trace_size = size,
				       .files = s->opt.files,
				       .nfiles = s->opt.nfiles,
				       .rules_sha256 = sv_of(s->rules_sha256.hex),
				       .rules = s->rules,
				       .nrules = s->nrules,
				       .options = s->opt.options,
				       .tool = s->opt.tool,
				       .now_ns = now_ns() };

	return store_run_begin(s->opt.store, &run, err);
}

static int begin_file(struct store_sink *s, const char *name, struct err *err)
{
	struct digest digest;
	uint64_t size;

	if (digest_file(name, &digest, &size, err) < 0)
		return -1;
	char *path = realpath(name, NULL);

	if (!path)
		return err_errno(err, "%s", name);
	const struct store_file trace = { sv_of(path), sv_of(digest.hex) };
	int rc = begin_run(s, &trace, size, err);
	free(path);
	return rc;
}

static int begin(struct sink *sink, const struct trace_report *trace, struct err *err)
{
	struct store_sink *s = (struct store_sink *)sink;
	int rc = s->opt.live.sha256.n ? begin_run(s, &s->opt.live, 0, err)
				      : begin_file(s, trace->path, err);

	processes_free(s->processes);
	s->processes = processes_new(s->opt.store);
	if (rc == 0 && !s->processes)
		return err_set(err, ERR_NOMEM, "out of memory");
	return rc;
}

static int news(struct sink *sink, const struct process_news *n, struct err *err)
{
	struct store_sink *s = (struct store_sink *)sink;

	return processes_take(s->processes, n, err);
}

static enum param_type type_of(const struct format_field *f)
{
	if (f->expr)
		return filter_operand_type(f->expr);
	return f->ref ? f->ref->type : PT_NONE;
}

static int make_keys(struct store_sink *s, const struct alert *a, struct err *err)
{
	int64_t *keys = calloc(a->nvalues + 1, sizeof *keys);
	char type[32];

	if (!keys)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->keys[a->rule_index] = keys;
	if (a->nvalues > s->room) {
		free(s->thread_fields);
		free(s->event_fields);
		s->thread_fields = calloc(a->nvalues, sizeof *s->thread_fields);
		s->event_fields = calloc(a->nvalues, sizeof *s->event_fields);
		s->room = s->thread_fields && s->event_fields ? a->nvalues : 0;
		if (!s->room)
			return err_set(err, ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < a->nvalues; i++) {
		const struct format_field *f = a->keys[i].field;

		snprintf(type, sizeof type, "%s%s", schema_type_name(type_of(f)),
			 f->ref && f->ref->is_list ? " list" : "");
		for (char *c = type; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		if (store_key(s->opt.store, a->keys[i].name, sv_of(type), &keys[i], err) < 0)
			return -1;
	}
	return 0;
}

static int alert(struct sink *sink, const struct alert *a, struct err *err)
{
	struct store_sink *s = (struct store_sink *)sink;
	struct store_match m = { .rule = a->rule_index,
				 .evt_num = a->num,
				 .ts_ns = a->ts_ns,
				 .tid = a->tid,
				 .message = a->message };

	if (!s->keys[a->rule_index] && make_keys(s, a, err) < 0)
		return -1;
	const int64_t *keys = s->keys[a->rule_index];

	for (size_t i = 0; i < a->nvalues; i++) {
		const struct store_field field = { keys[i],
						   a->keys[i].of_match ? SV("") : a->values[i] };

		if (a->keys[i].of_thread)
			s->thread_fields[m.nthread_fields++] = field;
		else
			s->event_fields[m.nevent_fields++] = field;
	}
	m.thread_fields = s->thread_fields;
	m.event_fields = s->event_fields;
	if (a->has_process && processes_program(s->processes, &a->process, &m.program_id, err) < 0)
		return -1;
	return store_match(s->opt.store, &m, err);
}

static int end(struct sink *sink, const struct trace_report *r, struct err *err)
{
	static const char *const outcomes[] = { [TRACE_COMPLETE] = "complete",
						[TRACE_DAMAGED] = "damaged",
						[TRACE_INTERRUPTED] = "interrupted" };
	struct store_sink *s = (struct store_sink *)sink;
	const struct state_losses *l = &r->losses;
	const struct store_outcome out = {
		.outcome = outcomes[r->outcome],
		.message = r->outcome == TRACE_DAMAGED ? r->damage.msg : NULL,
		.hostname = r->hostname,
		.cpus = r->cpus,
		.boot_ns = r->boot_ns,
		.now_ns = now_ns(),
		.events = r->events,
		.matches = r->matches,
		.first_ns = r->first_ns,
		.last_ns = r->last_ns,
		.sections = r->source.sections,
		.drops = r->drops,
		.skipped = r->source.blocks_skipped,
		.upgraded = r->source.upgraded,
		.merged = r->source.enter_merged,
		.discarded = r->source.enter_dropped + r->source.unused_dropped,
		.state_lost = l->threads + l->fds + l->containers + l->users,
	};

	if (store_losses(s->opt.store, &r->missing, err) < 0)
		return -1;
	return store_run_end(s->opt.store, &out, err);
}

static const struct sink_ops store_ops = { begin, news, alert, end, close_sink };

int sink_store_new(const struct store_sink_options *opt, struct sink **out, struct err *err)
{
	struct store_sink *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->sink = (struct sink){ .ops = &store_ops, .wants_values = true };
	s->opt = *opt;
	if (hash_rules(s, err) < 0 || list_rules(s, err) < 0) {
		close_sink(&s->sink);
		return -1;
	}
	*out = &s->sink;
	return 0;
}
