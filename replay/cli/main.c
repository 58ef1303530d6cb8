/* replay: run Falco rules over recorded traces. */
#include "replay/cli/listing.h"
#include "replay/cli/summary.h"
#include "replay/rule_files.h"
#include "replay/sink_store.h"
#include "tools/common/human.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* timeout(1) sends its signal twice: only the third one is impatience. */
enum { EXIT_INTERRUPTED = 130, PATIENT_SIGNALS = 2 };

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	if (stop == PATIENT_SIGNALS)
		_exit(EXIT_INTERRUPTED);
	stop++;
}

/* A signal ends the replay orderly; SQLite undoes what a third one leaves half done. */
static void catch_signals(void)
{
	struct sigaction orderly = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &orderly, NULL);
	sigaction(SIGTERM, &orderly, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Everything one run needs, freed together. */
struct session {
	const struct options *o;
	struct cli *cli; /* while traces are replayed */
	struct rule_files rule_files;
	struct store *store;
	struct store_file *files;
	struct buf identity;
	struct sink *sinks[2];
	struct pump pump;
	struct tally tally;
};

static void session_deinit(struct session *s)
{
	pump_deinit(&s->pump);
	for (size_t i = 0; i < s->pump.nsinks; i++)
		sink_close(s->sinks[i]);
	store_close(s->store);
	free(s->files);
	buf_deinit(&s->identity);
	rule_files_deinit(&s->rule_files);
}

static void say(const struct buf *b)
{
	buf_write(b, stderr);
}

/*
 * Rules that work may come with warnings.  That a macro is not used yet is worth a line for whoever
 * replays, not a page: a shared file of macros warns about nearly all of them.
 */
static void warn_of_rules(const struct diag_list *all, struct buf *b)
{
	struct diag_list some = *all;
	size_t unused = 0;

	some.items = calloc(all->n + 1, sizeof *some.items);
	some.n = 0;
	for (size_t i = 0; some.items && i < all->n; i++) {
		enum diag_code code = all->items[i].code;

		if (code == LOAD_UNUSED_MACRO || code == LOAD_UNUSED_LIST)
			unused++;
		else
			some.items[some.n++] = all->items[i];
	}
	diag_print_text(some.items ? &some : all, b);
	if (unused)
		buf_printf(b, "rules: %zu macros and lists unused when loaded (ruletest check)\n",
			   unused);
	free(some.items);
}

static int load_rules(struct session *s, struct err *err)
{
	struct ruleset_selection sel = rule_options_selection(&s->o->select);
	int rc = rule_files_load(&s->rule_files, &s->o->rules, &sel, err);
	struct buf b = { 0 };

	if (rc < 0)
		diag_print_text(&s->rule_files.diags, &b);
	else if (!s->o->quiet)
		warn_of_rules(&s->rule_files.diags, &b);
	say(&b);
	buf_deinit(&b);
	return rc;
}

static int add_store(struct session *s, struct err *err)
{
	const struct inputs *paths = s->rule_files.paths;

	if (store_open(s->o->db, &s->store, err) < 0)
		return -1;
	s->files = calloc(paths->n + 1, sizeof *s->files);
	options_identity(s->o, &s->identity);
	if (!s->files || s->identity.failed)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < paths->n; i++)
		s->files[i] = (struct store_file){ sv_of(paths->paths[i]),
						   sv_of(s->rule_files.digests[i].hex) };
	const struct store_sink_options options = { .store = s->store,
						    .rules = s->rule_files.rules,
						    .files = s->files,
						    .nfiles = paths->n,
						    .options = buf_sv(&s->identity),
						    .tool = SV("replay " SAKER_VERSION) };

	if (sink_store_new(&options, &s->sinks[s->pump.nsinks], err) < 0)
		return -1;
	s->pump.nsinks++;
	return 0;
}

static int add_lines(struct session *s, struct err *err)
{
	bool json = s->o->output == OUTPUT_JSON;
	/* What came out of a trace must not drive the terminal of whoever looks at it. */
	struct sink *sink = json ? sink_json_new(stdout)
				 : sink_text_new(stdout, isatty(STDOUT_FILENO) ? human_text : NULL);

	if (!sink)
		return err_set(err, ERR_NOMEM, "out of memory");
	s->sinks[s->pump.nsinks++] = sink;
	return 0;
}

static void show_progress(void *arg, const struct trace_report *r, struct source_progress at)
{
	struct session *s = arg;

	progress_show(&s->tally, r, at);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

static void trace_begun(void *arg)
{
	struct session *s = arg;

	s->tally.traces++;
}

static void trace_done(void *arg, const struct trace_report *r)
{
	struct session *s = arg;
	struct buf b = { 0 };

	progress_clear(&s->tally);
	s->tally.events += r->events;
	s->tally.matches += r->matches;
	s->tally.bytes_done += size_of(r->path);
	if (r->damage.code != ERR_NONE) {
		cli_complain(s->cli->program->name, &r->damage);
		s->cli->status = 1;
	}
	if (!s->o->quiet && r->outcome != TRACE_UNREADABLE) {
		summary_trace(&b, r);
		say(&b);
	}
	buf_deinit(&b);
}

static struct ruleset *copy_rules(void *arg, struct err *err)
{
	struct session *s = arg;
	struct ruleset_selection sel = rule_options_selection(&s->o->select);

	return rule_files_copy(&s->rule_files, &sel, err);
}

/*
 * To the traces, to the folder of the store (SQLite keeps its journal there) and to the rules,
 * which every worker compiles for itself.
 */
static int confine_to(const struct options *o, struct cli *c, struct err *err)
{
	cli_allow_all(c, o->traces.paths, o->traces.n, CONFINE_READ);
	cli_allow_all(c, o->rules.paths, o->rules.n, CONFINE_READ);
	cli_allow(c, o->db, CONFINE_FOLDER);
	cli_allow(c, o->db ? "/dev/urandom" : NULL, CONFINE_READ);
	return cli_confine(c, err);
}

static int open_session(struct session *s, struct err *err)
{
	bool prints = s->o->output != OUTPUT_NONE;

	if (load_rules(s, err) < 0)
		return -1;
	s->pump.rules = s->rule_files.rules;
	s->pump.matching = s->o->select.matching;
	s->pump.span = s->o->span;
	s->pump.sinks = s->sinks;
	s->pump.stop = &stop;
	s->pump.jobs = s->o->jobs;
	s->pump.begun = trace_begun;
	s->pump.done = trace_done;
	s->pump.copy_rules = copy_rules;
	s->pump.arg = s;
	/* Not between the alerts on the same terminal. */
	if (!s->o->quiet && isatty(STDERR_FILENO) && !(prints && isatty(STDOUT_FILENO)))
		s->pump.progress = show_progress;
	if (prints && add_lines(s, err) < 0)
		return -1;
	if (s->o->db && add_store(s, err) < 0)
		return -1;
	return pump_init(&s->pump, err);
}

static int replay_all(struct session *s, struct cli *c, struct err *err)
{
	const struct inputs *traces = &s->o->traces;
	struct buf b = { 0 };

	s->tally.begun_ns = s->tally.shown_ns = monotonic_ns();
	s->tally.ntraces = traces->n;
	for (size_t i = 0; i < traces->n; i++)
		s->tally.bytes_total += size_of(traces->paths[i]);
	s->cli = c;
	if (pump_run(&s->pump, traces->paths, traces->n, err) < 0) {
		progress_clear(&s->tally);
		return -1;
	}
	if (!s->o->quiet) {
		summary_total(&b, &s->tally, &s->pump, isatty(STDERR_FILENO));
		say(&b);
	}
	buf_deinit(&b);
	if (stop)
		c->status = EXIT_INTERRUPTED;
	return 0;
}

static int list(struct session *s, struct err *err)
{
	const struct options *o = s->o;
	struct buf b = { 0 };
	int rc = 0;

	switch (o->listing) {
	case LIST_FIELDS:
		listing_fields(&b, o->format);
		break;
	case LIST_EVENTS:
		listing_events(&b, o->format);
		break;
	case LIST_RULES:
	case LIST_RULE:
		rc = load_rules(s, err);
		if (rc == 0 && o->listing == LIST_RULES)
			listing_rules(&b, s->rule_files.rules, o->format);
		else if (rc == 0)
			rc = listing_rule(&b, s->rule_files.rules, o->describe, o->format, err);
		break;
	case LIST_NOTHING:
		break;
	}
	if (rc == 0 && b.failed)
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (rc == 0)
		buf_write(&b, stdout);
	buf_deinit(&b);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	struct options o;
	struct session s = { .o = &o };
	int rc = options_parse(&o, c, err);

	if (rc == 0)
		rc = confine_to(&o, c, err);
	if (rc == 0 && o.listing != LIST_NOTHING)
		rc = list(&s, err);
	else if (rc == 0) {
		catch_signals();
		rc = open_session(&s, err) < 0 ? -1 : replay_all(&s, c, err);
	}
	session_deinit(&s);
	options_deinit(&o);
	return rc;
}

int main(int argc, char **argv)
{
	const struct cli_command command = {
		.operands = "TRACE...",
		.help = "Run Falco rules over recorded traces and print or store what matches.",
		.details = options_details,
		.options = options_table,
		.noptions = options_table_n,
		.files = CLI_NAMES_NONE,
		.run = run,
	};
	const struct cli_program program = { .name = "replay",
					     .commands = &command,
					     .ncommands = 1 };

	return cli_main(&program, argc, argv);
}
