#include "capture/rec/judge.h"

#include "format/intake.h"
#include "replay/alert_lines.h"
#include "replay/parcel.h"

#include <pthread.h>
#include <stdlib.h>

struct judge {
	struct judge_options opt;
	struct engine *engine;
	struct intake intake;
	struct source_stats stats;

	struct arena arena; /* of the filter */
	struct program *filter;
	uint32_t filter_id;
	bool passed; /* the filter's word on this event; true when it was not asked */

	struct rulebook *rules;
	uint64_t generation; /* of rules */
	pthread_mutex_t mutex;
	struct rulebook *next_rules; /* under mutex */

	struct live_store *live;    /* may be NULL */
	struct parcel_writer store; /* for live: what this batch has told so far */
	struct process_watch watch;
	const struct record *rec; /* being judged */
	bool told;                /* its news are */
	uint32_t alerts;          /* in the parcel */

	struct buf line;
	struct batch *batch; /* being judged */
};

static int compile_filter(struct judge *j, const char *text, struct err *err)
{
	struct ast *ast;

	j->filter = program_new();
	if (!j->filter)
		return err_set(err, ERR_NOMEM, "no memory for the filter");
	if (ast_parse(sv_of(text), &j->arena, &ast, err) < 0 ||
	    program_add(j->filter, ast, &j->filter_id, err) < 0)
		return err_prefix(err, err->pos.col ? "filter, column %u" : "filter", err->pos.col);
	return program_seal(j->filter, err);
}

static bool ask_filter(void *arg, struct field_ctx *ctx)
{
	struct judge *j = arg;

	j->passed = program_test(j->filter, j->filter_id, ctx);
	return j->passed;
}

int judge_new(const struct judge_options *opt, struct judge **out, struct err *err)
{
	struct judge *j = calloc(1, sizeof *j);

	*out = NULL;
	if (!j)
		return err_set(err, ERR_NOMEM, "no memory for the engine");
	j->opt = *opt;
	j->store.with_processes = true;
	pthread_mutex_init(&j->mutex, NULL);
	j->engine = engine_new(NULL, opt->matching);
	if (!j->engine) {
		judge_free(j);
		return err_set(err, ERR_NOMEM, "no memory for the engine");
	}
	engine_ctx(j->engine)->run = ++j->generation;
	if (intake_init(&j->intake, true, &j->stats, err) < 0 ||
	    (opt->filter && compile_filter(j, opt->filter, err) < 0)) {
		judge_free(j);
		return -1;
	}
	if (j->filter)
		engine_set_gate(j->engine, ask_filter, j);
	*out = j;
	return 0;
}

void judge_free(struct judge *j)
{
	if (!j)
		return;
	engine_free(j->engine);
	intake_deinit(&j->intake);
	program_free(j->filter);
	arena_deinit(&j->arena);
	rulebook_unref(j->rules);
	rulebook_unref(j->next_rules);
	parcel_writer_deinit(&j->store);
	process_watch_deinit(&j->watch);
	buf_deinit(&j->line);
	pthread_mutex_destroy(&j->mutex);
	free(j);
}

void judge_use_store(struct judge *j, struct live_store *store)
{
	j->live = store;
}

/* --- rules --- */

void judge_set_rules(struct judge *j, struct rulebook *rules)
{
	struct rulebook *overtaken;

	pthread_mutex_lock(&j->mutex);
	overtaken = j->next_rules;
	j->next_rules = rules;
	pthread_mutex_unlock(&j->mutex);
	rulebook_unref(overtaken);
}

static void change_rules(struct judge *j)
{
	struct rulebook *rules;

	pthread_mutex_lock(&j->mutex);
	rules = j->next_rules;
	j->next_rules = NULL;
	pthread_mutex_unlock(&j->mutex);
	if (!rules)
		return;
	engine_set_rules(j->engine, rulebook_rules(rules));
	engine_ctx(j->engine)->run = ++j->generation;
	rulebook_unref(j->rules);
	j->rules = rules;
	/* The store begins another run, which knows of no process yet. */
	parcel_writer_deinit(&j->store);
	j->store = (struct parcel_writer){ .with_processes = true };
}

/* --- what there is to tell --- */

static int put_news(void *arg, const struct process_news *n, struct err *err)
{
	struct judge *j = arg;

	(void)err;
	parcel_put_news(&j->store, n);
	return 0;
}

static int tell_news(struct judge *j, struct err *err)
{
	if (!j->live || j->told)
		return 0;
	j->told = true;
	return process_watch_record(&j->watch, j->rec, engine_state(j->engine), put_news, j, err);
}

/* What this batch told goes to the store; if it has no room, processes are to be told again. */
static int send_parcel(struct judge *j, struct err *err)
{
	struct buf *out = &j->store.out;

	if (out->failed)
		return err_set(err, ERR_NOMEM, "no memory for matches");
	if (!out->n)
		return 0;
	if (!live_store_put(j->live, j->rules, buf_sv(out))) {
		meter_add(&j->opt.meter->alerts_lost, j->alerts);
		parcel_writer_deinit(&j->store);
		j->store = (struct parcel_writer){ .with_processes = true };
	}
	buf_clear(out);
	j->alerts = 0;
	return 0;
}

static int on_match(void *arg, const struct match *m, struct err *err)
{
	struct judge *j = arg;
	struct alert alert;

	if (tell_news(j, err) < 0 || alerts_render(rulebook_alerts(j->rules), m, &alert, err) < 0)
		return -1;
	meter_add(&j->opt.meter->matches, 1);
	j->batch->match_ns = alert.ts_ns;
	if (j->live) {
		parcel_put_alert(&j->store, &alert);
		j->alerts++;
	}
	if (!j->opt.alerts)
		return 0;
	buf_clear(&j->line);
	if (j->opt.json)
		alert_put_json(&j->line, &alert);
	else
		alert_put_text(&j->line, &alert);
	if (j->line.failed)
		return err_set(err, ERR_NOMEM, "no memory for an alert");
	if (!alert_queue_put(j->opt.alerts, m->rule->priority, buf_sv(&j->line), NULL))
		meter_add(&j->opt.meter->alerts_lost, 1);
	return 0;
}

/* --- records --- */

/* What the filter does not want is left out where the state can do without it. */
static void leave_out(struct judge *j, struct batch_cursor *c, const struct event *ev)
{
	if (ev->desc->flags & EF_MODIFIES_STATE) {
		batch_hide(c);
	} else {
		c->item->flags |= ITEM_DROPPED;
		j->intake.num--;
		j->stats.events--;
	}
}

static int judge_event(struct judge *j, struct batch_cursor *c, struct record *rec, struct err *err)
{
	switch (intake_event(&j->intake, &rec->event, err)) {
	case UPGRADE_KEEP:
		break;
	case UPGRADE_ERROR:
		return -1;
	default:
		return 0;
	}
	j->passed = true;
	if (engine_record(j->engine, rec, on_match, j, err) < 0)
		return -1;
	if (!j->passed)
		leave_out(j, c, &rec->event);
	return tell_news(j, err);
}

static int judge_record(struct judge *j, struct batch_cursor *c, struct record *rec,
			struct err *err)
{
	j->rec = rec;
	j->told = false;
	if (rec->kind == RECORD_EVENT)
		return judge_event(j, c, rec, err);
	if (rec->kind == RECORD_SECTION)
		intake_section(&j->intake);
	if (rec->kind == RECORD_LOSS)
		intake_loss(&j->intake);
	return engine_record(j->engine, rec, NULL, NULL, err) < 0 ? -1 : tell_news(j, err);
}

int judge_batch(struct judge *j, struct batch *p, struct err *err)
{
	struct batch_cursor c = { 0 };
	struct record rec;

	change_rules(j);
	j->batch = p;
	while (batch_next(p, &c, &rec)) {
		if (judge_record(j, &c, &rec, err) < 0)
			return -1;
	}
	return j->live && j->rules ? send_parcel(j, err) : 0;
}

int judge_snapshot(const struct judge *j, struct snapshot *out, struct err *err)
{
	snapshot_clear(out);
	intake_save(&j->intake, out);
	state_save(engine_state(j->engine), out);
	return snapshot_finish(out, err);
}
