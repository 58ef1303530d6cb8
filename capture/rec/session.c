#define _GNU_SOURCE /* CLOCK_PROCESS_CPUTIME_ID with sigtimedwait */
#include "capture/rec/session.h"

#include "capture/rec/callset.h"
#include "capture/rec/deadline.h"
#include "capture/rec/flight.h"
#include "capture/rec/governor.h"
#include "capture/rec/manifest.h"
#include "capture/rec/notify.h"
#include "capture/rec/privileges.h"
#include "capture/rec/recorder.h"
#include "capture/rec/rulebook.h"
#include "capture/rec/status.h"
#include "capture/rec/tape.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BATCHES = 32,
	BATCH_BYTES = 512 << 10,
	LOOK_NS = 250000000, /* how often the main thread looks up */
	START_NS = 4000000,  /* ... until events flow: somebody waits for it */
	SHOW_NS = 1000000000,
	RING_FILES = 8,
	FLIGHT_BYTES = 64 << 20,
	EXIT_IMPATIENT = 130,
};

struct session {
	const struct options *o;
	const char *program;
	struct meter meter;
	struct buf manifest;
	struct belt *belt;
	struct judge *judge;
	struct alert_queue *alerts;
	struct outlets *outlets;
	struct live_store *store;
	struct drain *drain;
	struct deck *deck;
	struct recorder *recorder;
	struct notify notify;
	struct governor governor;
	struct status begun, shown;
	bool ready, line_shown;
};

/* --- rules --- */

static int load_rules(struct session *s, struct err *err)
{
	struct rulebook *rules;
	struct buf notes = { 0 };
	int rc = rulebook_load(s->o, &notes, &rules, err);

	if (rc == 0)
		judge_set_rules(s->judge, rules);
	if (rc < 0 || !s->o->quiet)
		buf_write(&notes, stderr);
	buf_deinit(&notes);
	return rc;
}

/* Wrong rules leave the old ones in force. */
static void reload_rules(struct session *s)
{
	struct err err = { 0 };

	if (s->o->rules.n == 0)
		return;
	notify_send(&s->notify, "RELOADING=1");
	if (load_rules(s, &err) < 0) {
		cli_complain(s->program, &err);
		fprintf(stderr, "%s: the rules loaded before stay in force\n", s->program);
	}
	notify_send(&s->notify, "READY=1");
}

/* --- opening --- */

static int open_rules(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	const struct judge_options how = { .filter = o->filter,
					   .matching = o->select.matching,
					   .json = o->json,
					   .alerts = s->alerts,
					   .meter = &s->meter };

	if (judge_new(&how, &s->judge, err) < 0)
		return -1;
	return o->rules.n ? load_rules(s, err) : 0;
}

static int open_outlets(struct session *s, struct err *err)
{
	const struct options *o = s->o;

	if (o->rules.n == 0)
		return 0;
	if (alert_queue_new(&s->alerts, err) < 0 || outlets_new(o->json, &s->outlets, err) < 0)
		return -1;
	if (o->alert_to.n == 0)
		return outlets_add(s->outlets, "stdout", err);
	for (size_t i = 0; i < o->alert_to.n; i++) {
		if (strcmp(o->alert_to.items[i], "none") != 0 &&
		    outlets_add(s->outlets, o->alert_to.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int open_driver(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	const struct drain_options how = { .driver = { .kind = o->driver,
						       .set = &o->set,
						       .snaplen = o->snaplen,
						       .ring_bytes = o->ring_kib << 10,
						       .include_self = o->self,
						       .paths_at_exit = o->paths_at_exit },
					   .belt = s->belt,
					   .meter = &s->meter };
	const struct driver *driver;

	if (drain_open(&how, &s->drain, err) < 0)
		return -1;
	driver = drain_driver(s->drain);
	if (*driver_reason(driver) && !o->quiet)
		fprintf(stderr, "%s: with the driver %s, because %s\n", s->program,
			driver_name(driver), driver_reason(driver));
	return 0;
}

static int open_tape(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	struct tape_options how = { .path = o->output,
				    .level = o->level,
				    .manifest = buf_sv(&s->manifest),
				    .max_bytes = o->max_bytes,
				    .rotate_bytes = o->rotate_bytes,
				    .rotate_ns = o->rotate_ns,
				    .keep = o->keep,
				    .keep_bytes = o->ring_bytes,
				    .meter = &s->meter };

	if (o->ring_bytes && !o->rotate_bytes)
		how.rotate_bytes = o->ring_bytes / RING_FILES;
	return tape_open(&how, &s->deck, err);
}

static int open_flight(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	const struct flight_options how = { .path = o->output,
					    .manifest = buf_sv(&s->manifest),
					    .level = o->level,
					    .before_ns = o->before_ns,
					    .after_ns = o->after_ns,
					    .room_bytes =
						    o->ring_bytes ? o->ring_bytes : FLIGHT_BYTES,
					    .max_bytes = o->max_bytes,
					    .keep = o->keep,
					    .meter = &s->meter };

	return flight_open(&how, &s->deck, err);
}

static int open_store(struct session *s, struct err *err)
{
	const struct live_store_options how = { .db = s->o->db,
						.trace = s->o->output,
						.manifest = buf_sv(&s->manifest),
						.options = SV("{\"live\":true}"),
						.meter = &s->meter };

	if (!s->o->db)
		return 0;
	if (live_store_open(&how, &s->store, err) < 0)
		return -1;
	judge_use_store(s->judge, s->store);
	return 0;
}

static int open_deck(struct session *s, struct err *err)
{
	if (!s->o->output)
		return 0;
	return s->o->on_match ? open_flight(s, err) : open_tape(s, err);
}

static int open_all(struct session *s, struct err *err)
{
	if (open_outlets(s, err) < 0 || open_rules(s, err) < 0 ||
	    belt_new(BATCHES, BATCH_BYTES, RECORDER_STAGES, &s->belt, err) < 0 ||
	    open_driver(s, err) < 0 ||
	    manifest_put(s->o, drain_driver(s->drain), clock_ns(CLOCK_REALTIME), &s->manifest,
			 err) < 0 ||
	    privileges_settle(s->o->user, err) < 0 || open_store(s, err) < 0 ||
	    open_deck(s, err) < 0)
		return -1;
	const struct recorder_options how = { .drain = s->drain,
					      .belt = s->belt,
					      .judge = s->judge,
					      .deck = s->deck,
					      .alerts = s->alerts,
					      .outlets = s->outlets,
					      .meter = &s->meter };

	if (recorder_start(&how, &s->recorder, err) < 0)
		return -1;
	return privileges_keep(PRIVILEGES_NONE, err);
}

static int close_all(struct session *s, struct err *err)
{
	int rc = 0;

	if (s->recorder && recorder_finish(s->recorder, err) < 0)
		rc = -1;
	if (deck_close(s->deck, err) < 0)
		rc = -1;
	if (live_store_close(s->store, err) < 0)
		rc = -1;
	outlets_free(s->outlets);
	alert_queue_free(s->alerts);
	drain_close(s->drain);
	judge_free(s->judge);
	belt_free(s->belt);
	buf_deinit(&s->manifest);
	notify_close(&s->notify);
	return rc;
}

/* --- while it runs --- */

static struct status look(const struct session *s)
{
	return status_of(&s->meter, clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_PROCESS_CPUTIME_ID));
}

static void show(struct session *s, const struct status *now)
{
	struct buf line = { 0 };
	bool terminal = !s->o->quiet && isatty(STDERR_FILENO);

	if (terminal || s->notify.fd >= 0)
		status_line(&line, &s->begun, &s->shown, now, s->governor.step);
	if (terminal) {
		fprintf(stderr, "\r\033[K%s", buf_cstr(&line));
		s->line_shown = true;
	}
	if (s->notify.fd >= 0) {
		struct buf text = { 0 };

		buf_puts(&text, "STATUS=");
		buf_putsv(&text, buf_sv(&line));
		notify_send(&s->notify, buf_cstr(&text));
		buf_deinit(&text);
	}
	buf_deinit(&line);
}

static void on_second(struct session *s, const struct status *now)
{
	unsigned before = s->governor.step;
	unsigned step = governor_look(&s->governor, status_cpu(&s->shown, now));

	if (step != before)
		drain_shed(s->drain, step);
	show(s, now);
	s->shown = *now;
}

/* Wait for a signal until the time is up, or something has ended. */
static void watch(struct session *s, const sigset_t *signals)
{
	while (!recorder_ended(s->recorder)) {
		const struct timespec nap = { .tv_nsec = s->ready ? LOOK_NS : START_NS };
		int sig = sigtimedwait(signals, NULL, &nap);

		if (sig == SIGHUP)
			reload_rules(s);
		else if (sig > 0)
			return;
		struct status now = look(s);

		if (s->o->duration_ns && now.at_ns - s->begun.at_ns >= s->o->duration_ns)
			return;
		if (!s->ready && meter_get(&s->meter.ready)) {
			s->ready = true;
			notify_send(&s->notify, "READY=1");
		}
		notify_alive(&s->notify, now.at_ns);
		if (now.at_ns - s->shown.at_ns >= SHOW_NS)
			on_second(s, &now);
	}
}

/*
 * What is in the buffers may go somewhere that takes nothing any more.  timeout(1) sends its signal
 * twice: only the third one is impatience.
 */
static volatile sig_atomic_t asked_again;

static void on_signal(int sig)
{
	(void)sig;
	if (asked_again++)
		_exit(EXIT_IMPATIENT);
}

static void allow_impatience(const sigset_t *signals)
{
	struct sigaction act = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	sigprocmask(SIG_UNBLOCK, signals, NULL);
}

static void last_word(struct session *s)
{
	struct status now = look(s);
	struct buf b = { 0 };

	if (s->line_shown)
		fputs("\r\033[K", stderr);
	if (!s->o->quiet) {
		status_summary(&b, &s->begun, &now);
		buf_write(&b, stderr);
	}
	buf_deinit(&b);
}

static int record(struct session *s, struct err *err)
{
	sigset_t signals;
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit is a full disk */
	notify_open(&s->notify, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"));
	s->governor = (struct governor){ .limit = s->o->max_cpu, .steps = CALLSET_STEPS };
	rc = open_all(s, err);
	s->begun = s->shown = look(s);
	if (rc == 0) {
		watch(s, &signals);
		allow_impatience(&signals);
		notify_send(&s->notify, "STOPPING=1");
	}
	bool began = s->recorder != NULL;
	if (close_all(s, err) < 0)
		rc = -1;
	if (began)
		last_word(s);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct options o;
	struct session s = { .o = &o, .program = c->program->name };
	int rc = options_parse(&o, c, err);

	s.notify.fd = -1;
	if (rc == 0)
		rc = record(&s, err);
	options_deinit(&o);
	return rc;
}

int rec_main(int argc, char **argv)
{
	const struct cli_command command = {
		.operands = "",
		.help = "Record what happens on this host, and run Falco rules on it while it "
			"does.",
		.details = options_details,
		.options = options_table,
		.noptions = options_table_n,
		.files = CLI_UNCONFINED,
		.run = run,
	};
	const struct cli_program program = { .name = "rec", .commands = &command, .ncommands = 1 };

	return cli_main(&program, argc, argv);
}
