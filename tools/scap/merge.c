/*
 * scap merge: several traces in one.  A section is what one host told in one go, so each stays as
 * it is, and they follow each other by the time of their first event: traces of one host come out
 * in order, hosts stay apart.
 */
#include "format/source.h"
#include "tools/common/when.h"
#include "tools/scap/commands.h"
#include "tools/scap/merge_turns.h"
#include "tools/scap/trace_out.h"

#include <stdlib.h>
#include <string.h>

/* One section of one input. */
struct piece {
	uint64_t key_ns; /* of its first event, not less than that of the section before it */
	int input;
	uint32_t section; /* of its input, from 0 */
};

struct merge {
	char *const *paths;
	int n;
	struct piece *pieces;
	size_t npieces, room;
	struct source **sources;
	struct record *held; /* per input: the record that begins its next section, if has_held */
	bool *has_held;
	struct trace_out out;
	const char *interval; /* NULL: sections stay whole */
	uint64_t wait_ns;
};

static struct source_options as_they_are(void)
{
	return (struct source_options){ .upgrade = false };
}

/* --- which sections there are --- */

static struct piece *add_piece(struct merge *m, int input, uint32_t section, uint64_t key_ns)
{
	if (m->npieces == m->room) {
		size_t room = m->room ? m->room * 2 : 16;
		struct piece *pieces = realloc(m->pieces, room * sizeof *pieces);

		if (!pieces)
			return NULL;
		m->pieces = pieces;
		m->room = room;
	}
	m->pieces[m->npieces] = (struct piece){ key_ns, input, section };
	return &m->pieces[m->npieces++];
}

/* A trace may begin with a snapshot instead of a section. */
static bool begins_section(const struct record *rec, bool first)
{
	return rec->kind == RECORD_SECTION || first;
}

static int survey(struct merge *m, int input, struct err *err)
{
	struct source_options opt = as_they_are();
	struct piece *piece = NULL;
	uint32_t sections = 0;
	uint64_t last_ns = 0;
	bool timed = false;
	struct source *src;
	struct record rec;
	enum next n;

	if (source_open(m->paths[input], &opt, &src, err) < 0)
		return -1;
	while ((n = source_next(src, &rec, err)) == NEXT_ITEM) {
		if (begins_section(&rec, !piece)) {
			piece = add_piece(m, input, sections++, last_ns);
			timed = false;
			if (!piece)
				break;
		}
		if (rec.kind == RECORD_EVENT && !timed) {
			timed = true;
			last_ns = rec.event.ts_ns > last_ns ? rec.event.ts_ns : last_ns;
			piece->key_ns = last_ns;
		}
	}
	source_close(src);
	if (n == NEXT_ITEM)
		return err_set(err, ERR_NOMEM, "no memory for the sections of a trace");
	return n == NEXT_END ? 0 : -1;
}

static int by_time(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->key_ns != y->key_ns)
		return x->key_ns < y->key_ns ? -1 : 1;
	if (x->input != y->input)
		return x->input - y->input;
	return x->section < y->section ? -1 : x->section > y->section;
}

/* --- copying --- */

/* Does this snapshot say nothing new, being of a part of the same trace that was split? */
static bool goes_on(const struct merge *m, const struct snapshot_view *v)
{
	struct snapshot now = { 0 };
	struct err err = { 0 };
	bool same = m->out.begun && tracker_snapshot(m->out.tracker, &now, &err) == 0;

	for (int i = 0; same && i < SNAPSHOT_COLUMNS; i++)
		same = sv_eq(buf_sv(&now.columns[i]), v->columns[i]);
	snapshot_deinit(&now);
	return same;
}

static int put(struct merge *m, const struct record *rec, struct err *err)
{
	if (rec->kind == RECORD_STATE && goes_on(m, &rec->snapshot))
		return 0;
	return trace_out_put(&m->out, rec, err);
}

/* Up to the next section of the same input, which waits for its turn. */
static int copy_section(struct merge *m, int input, struct err *err)
{
	struct record rec;
	enum next n;
	bool first = !m->has_held[input];

	if (m->has_held[input] && put(m, &m->held[input], err) < 0)
		return -1;
	m->has_held[input] = false;
	while ((n = source_next(m->sources[input], &rec, err)) == NEXT_ITEM) {
		if (rec.kind == RECORD_SECTION && !first) {
			/* It says nothing but that: nothing in it is borrowed. */
			m->held[input] = (struct record){ .kind = RECORD_SECTION };
			m->has_held[input] = true;
			return 0;
		}
		first = false;
		if (put(m, &rec, err) < 0)
			return -1;
	}
	return n == NEXT_END ? 0 : -1;
}

static int merge_sections(struct merge *m, struct err *err)
{
	struct source_options opt = as_they_are();

	for (int i = 0; i < m->n; i++) {
		if (survey(m, i, err) < 0)
			return -1;
	}
	if (m->npieces)
		qsort(m->pieces, m->npieces, sizeof *m->pieces, by_time);
	for (int i = 0; i < m->n; i++) {
		if (source_open(m->paths[i], &opt, &m->sources[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->npieces; i++) {
		if (copy_section(m, m->pieces[i].input, err) < 0)
			return -1;
	}
	return 0;
}

static int merge(struct merge *m, const char *path, struct err *err)
{
	if (trace_out_begin(&m->out, "merge", m->paths, m->n, path, err) < 0)
		return -1;
	if (m->out.manifest && m->interval) {
		manifest_option(m->out.manifest, SV("--interval"));
		manifest_option(m->out.manifest, sv_of(m->interval));
	}
	if (trace_out_open(&m->out, m->paths, m->n, path, NULL, err) < 0)
		return -1;
	return m->interval ? merge_turns(m->paths, m->n, m->wait_ns, &m->out, err)
			   : merge_sections(m, err);
}

/* --- the command --- */

static int run(struct cli *c, struct err *err)
{
	struct merge m = { .out.tracks = true };
	int key, rc = -1;

	while ((key = cli_next(c, err)) > 0) {
		int rc_option = key == 'F' ? trace_out_kind(&m.out, c->value, err)
					   : when_parse_length(c->value, &m.wait_ns, err);

		if (rc_option < 0)
			return -1;
		if (key == 'i')
			m.interval = c->value;
	}
	if (key < 0 || cli_operands(c, 2, -1, err) < 0)
		return -1;
	m.n = c->argc - 1;
	m.paths = c->argv;
	for (int i = 0; i < m.n; i++) {
		if (strcmp(m.paths[i], "-") == 0)
			return err_set(err, ERR_USAGE, "standard input cannot be read twice");
	}
	if (cli_confine(c, err) < 0)
		return -1;
	m.sources = calloc((size_t)m.n, sizeof *m.sources);
	m.held = calloc((size_t)m.n, sizeof *m.held);
	m.has_held = calloc((size_t)m.n, sizeof *m.has_held);
	if (!m.sources || !m.held || !m.has_held)
		err_set(err, ERR_NOMEM, "no memory to merge traces");
	else
		rc = merge(&m, c->argv[m.n], err);
	if (trace_out_close(&m.out, err) < 0)
		rc = -1;
	for (int i = 0; m.sources && i < m.n; i++)
		source_close(m.sources[i]);
	free(m.sources);
	free(m.held);
	free(m.has_held);
	free(m.pieces);
	return rc;
}

static const struct cli_option options[] = {
	{ 'i', "interval", "LENGTH",
	  "let no event wait longer than 100ms, 10s, ...: cut sections\nthat overlap" },
	{ 'F', "format", "FORMAT",
	  "stock, stock-gz or native; default: by the name of OUT (\".gz\": stock-gz, \".skr\": "
	  "native)" },
};

const struct cli_command scap_cmd_merge = {
	.name = "merge",
	.operands = "IN... OUT",
	.help = "Put several traces into one, by time.",
	.details =
		"Sections follow each other by the time of their first event.  What one host "
		"told stays\n"
		"together, also where times overlap: replayed, each section gives what it gave "
		"before.\n"
		"With --interval hosts take turns, each time with a section that begins with lists "
		"of what\n"
		"is known of the host by then, as in a stock slice.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_WRITES_LAST,
	.run = run,
};
