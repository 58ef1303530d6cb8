#include "capture/rec/live_store.h"

#include "capture/rec/alert_queue.h"
#include "capture/rec/privileges.h"
#include "replay/digest.h"
#include "replay/parcel.h"
#include "replay/sink_store.h"

#include <pthread.h>
#include <stdlib.h>

enum { TICK_MS = 500 };

struct live_store {
	struct live_store_options opt;
	struct store *store;
	struct digest identity;
	struct alert_queue *queue;
	pthread_t thread;
	struct err err;

	/* Of the thread. */
	struct rulebook *rules; /* of the present run, or NULL */
	struct sink *sink;
	struct trace_report report;
	struct parcel_reader reader;
};

/* --- runs: one per set of rules --- */

static int begin_run(struct live_store *s, struct rulebook *rules, struct err *err)
{
	const struct store_file *files;
	size_t nfiles = rulebook_files(rules, &files);
	const char *trace = s->opt.trace ? s->opt.trace : "live";
	const struct store_sink_options options = {
		.store = s->store,
		.rules = rulebook_rules(rules),
		.files = files,
		.nfiles = nfiles,
		.options = s->opt.options,
		.tool = SV("rec " SAKER_VERSION),
		.live = { sv_of(trace), sv_of(s->identity.hex) },
	};

	s->report = (struct trace_report){ .path = trace };
	s->rules = rulebook_ref(rules);
	if (sink_store_new(&options, &s->sink, err) < 0)
		return -1;
	return s->sink->ops->begin(s->sink, &s->report, err);
}

static int end_run(struct live_store *s, struct err *err)
{
	int rc = 0;

	if (s->sink && s->err.code == ERR_NONE) {
		s->report.events = meter_get(&s->opt.meter->events);
		s->report.drops = meter_get(&s->opt.meter->lost);
		rc = s->sink->ops->end(s->sink, &s->report, err);
	}
	sink_close(s->sink);
	s->sink = NULL;
	rulebook_unref(s->rules);
	s->rules = NULL;
	trace_report_deinit(&s->report);
	return rc;
}

/* --- what comes in --- */

static void note_time(struct trace_report *r, uint64_t ts_ns)
{
	if (!r->first_ns)
		r->first_ns = ts_ns;
	r->last_ns = ts_ns;
}

static int take(struct live_store *s, struct sv parcel, struct err *err)
{
	struct parcel_item item;
	enum next n;

	while ((n = parcel_next(&s->reader, rulebook_alerts(s->rules), &parcel, &item, err)) ==
	       NEXT_ITEM) {
		const struct sink_ops *ops = s->sink->ops;

		note_time(&s->report, item.is_alert ? item.alert.ts_ns : item.news.ts_ns);
		s->report.matches += item.is_alert;
		if ((item.is_alert ? ops->alert(s->sink, &item.alert, err)
				   : ops->news(s->sink, &item.news, err)) < 0)
			return -1;
	}
	return n == NEXT_ERROR ? -1 : 0;
}

static int take_note(struct live_store *s, const struct alert_note *note, struct err *err)
{
	if (note->about != s->rules && (end_run(s, err) < 0 || begin_run(s, note->about, err) < 0))
		return -1;
	return take(s, note->line, err);
}

/* After a failure nothing more is stored, but the queue is emptied all the same. */
static void *store_main(void *arg)
{
	struct live_store *s = arg;

	privileges_keep(PRIVILEGES_NONE, &s->err);
	while (!alert_queue_ended(s->queue)) {
		struct alert_note *note = alert_queue_take(s->queue, TICK_MS);

		if (!note)
			continue;
		if (s->err.code == ERR_NONE)
			take_note(s, note, &s->err);
		else
			meter_add(&s->opt.meter->alerts_lost, 1);
		rulebook_unref(note->about);
		alert_note_free(note);
	}
	end_run(s, &s->err);
	return NULL;
}

bool live_store_put(struct live_store *s, struct rulebook *rules, struct sv parcel)
{
	rulebook_ref(rules);
	if (alert_queue_put(s->queue, PRIO_DEBUG, parcel, rules))
		return true;
	rulebook_unref(rules);
	return false;
}

/* --- life --- */

static void deinit(struct live_store *s)
{
	parcel_reader_deinit(&s->reader);
	alert_queue_free(s->queue);
	store_close(s->store);
	free(s);
}

int live_store_open(const struct live_store_options *opt, struct live_store **out, struct err *err)
{
	struct live_store *s = calloc(1, sizeof *s);

	*out = NULL;
	if (!s)
		return err_set(err, ERR_NOMEM, "no memory for the store");
	s->opt = *opt;
	if (digest_text(opt->manifest, &s->identity, err) < 0 ||
	    store_open(opt->db, &s->store, err) < 0 || alert_queue_new(&s->queue, err) < 0 ||
	    (pthread_create(&s->thread, NULL, store_main, s) != 0 &&
	     err_set(err, ERR_NOMEM, "cannot start a thread") < 0)) {
		deinit(s);
		return -1;
	}
	*out = s;
	return 0;
}

int live_store_close(struct live_store *s, struct err *err)
{
	int rc = 0;

	if (!s)
		return 0;
	alert_queue_close(s->queue);
	pthread_join(s->thread, NULL);
	if (s->err.code != ERR_NONE) {
		rc = -1;
		if (err && err->code == ERR_NONE)
			*err = s->err;
	}
	deinit(s);
	return rc;
}
