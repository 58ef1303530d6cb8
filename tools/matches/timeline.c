/* matches timeline: when it happened. */
#include "tools/matches/commands.h"
#include "tools/matches/query.h"

#include "engine/rules/ruleset.h"
#include "tools/common/human.h"
#include "tools/common/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

enum {
	KEY_BUCKET = 256,
	KEY_ENTRIES,
	MAX_BUCKETS = 1000,
	WANTED_BUCKETS = 24,
	BAR_WIDTH = 30,
	NAMED_RULES = 3
};

struct bucket {
	uint64_t matches;
	int priority;     /* the most urgent one */
	struct buf rules; /* the most frequent ones, with their number */
	uint64_t nrules;
};

struct timeline {
	uint64_t first_ns, last_ns, width_ns; /* first: beginning of the first bucket */
	uint64_t n;
	struct bucket *buckets;
	uint64_t highest;
	bool entries;
};

/* --- buckets --- */

/* The smallest width that people like which needs at most WANTED_BUCKETS. */
static uint64_t choose_width(uint64_t span_ns)
{
	static const uint64_t steps[] = { 1,   2,   5,    10,   15,   30,    60,    120,   300,
					  600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800 };
	uint64_t width = 1000;

	/* Below a second: 1, 2, 5, 10 ... microseconds and up. */
	for (int i = 0; width < NS_PER_S; i++) {
		if (span_ns / width < WANTED_BUCKETS)
			return width;
		width = i % 3 == 1 ? width / 2 * 5 : width * 2;
	}
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (span_ns / (steps[i] * NS_PER_S) < WANTED_BUCKETS)
			return steps[i] * NS_PER_S;
	}
	return (span_ns / WANTED_BUCKETS / (86400 * NS_PER_S) + 1) * 86400 * NS_PER_S;
}

static int measure(struct timeline *t, const struct query *q, const struct db *db, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc = query_prepare(q, db, "SELECT min(ts_ns), max(ts_ns), count(*) FROM v_matches", "",
			       &st, err);

	if (rc == 0 && (rc = db_step(db, st, err)) > 0 && sqlite3_column_int64(st, 2) > 0) {
		t->first_ns = (uint64_t)sqlite3_column_int64(st, 0);
		t->last_ns = (uint64_t)sqlite3_column_int64(st, 1);
		if (t->width_ns == 0)
			t->width_ns = choose_width(t->last_ns - t->first_ns);
		t->first_ns -= t->first_ns % t->width_ns;
		t->n = (t->last_ns - t->first_ns) / t->width_ns + 1;
	}
	sqlite3_finalize(st);
	if (rc >= 0 && t->n > MAX_BUCKETS)
		return err_set(err, ERR_USAGE,
			       "%" PRIu64 " rows are too many to look at (at most %d): choose a "
			       "larger --bucket or a shorter time",
			       t->n, MAX_BUCKETS);
	return rc < 0 ? -1 : 0;
}

static void add_rule(struct bucket *b, const char *rule, uint64_t n, int priority)
{
	if (b->matches == 0 || priority < b->priority)
		b->priority = priority;
	b->matches += n;
	if (b->nrules++ >= NAMED_RULES)
		return;
	buf_puts(&b->rules, b->rules.n ? ", " : "");
	human_text(&b->rules, sv_of(rule));
	if (n > 1)
		buf_printf(&b->rules, " x%" PRIu64, n);
}

static int fill(struct timeline *t, const struct query *q, const struct db *db, struct err *err)
{
	sqlite3_stmt *st = NULL;
	int rc, step = 0;

	t->buckets = calloc(t->n, sizeof *t->buckets);
	if (!t->buckets)
		return err_set(err, ERR_NOMEM, "out of memory");
	rc = query_prepare(
		q, db,
		"SELECT (ts_ns - :first) / :width AS at, rule, priority_id, count(*) AS n "
		"FROM v_matches",
		" GROUP BY at, rule, priority_id ORDER BY at, n DESC, rule", &st, err);
	if (rc < 0)
		return -1;
	db_bind_i64(st, ":first", (int64_t)t->first_ns);
	db_bind_i64(st, ":width", (int64_t)t->width_ns);
	while ((step = db_step(db, st, err)) > 0) {
		uint64_t at = (uint64_t)sqlite3_column_int64(st, 0);

		if (at >= t->n) /* somebody writes to the store at the same time */
			continue;
		add_rule(&t->buckets[at], db_text(st, 1), (uint64_t)sqlite3_column_int64(st, 3),
			 sqlite3_column_int(st, 2));
		if (t->buckets[at].matches > t->highest)
			t->highest = t->buckets[at].matches;
	}
	sqlite3_finalize(st);
	return step;
}

/* --- output --- */

/* "2026-11-22 07:04:19" with as many decimals as the width of the buckets needs. */
static void put_start(struct buf *b, uint64_t ts_ns, uint64_t width_ns)
{
	struct buf full = { 0 };
	size_t n = sizeof "2026-11-22T07:04:19" - 1;

	human_time(&full, ts_ns);
	if (width_ns % NS_PER_S)
		n += width_ns % 1000000 ? 7 : 4;
	if (full.n > n)
		full.n = n;
	if (full.n > 10)
		full.p[10] = ' ';
	buf_putsv(b, buf_sv(&full));
	buf_deinit(&full);
}

static void put_bar(struct buf *b, uint64_t n, uint64_t highest)
{
	uint64_t width = highest ? (n * BAR_WIDTH + highest - 1) / highest : 0;

	for (uint64_t i = 0; i < BAR_WIDTH; i++)
		buf_putc(b, i < width ? '#' : ' ');
}

static int print_entries(const struct timeline *t, const struct query *q, const struct db *db,
			 uint64_t from_ns, struct err *err)
{
	struct query bucket = *q;
	sqlite3_stmt *st = NULL;
	struct buf line = { 0 };
	size_t width = terminal_width(STDOUT_FILENO);
	int step = -1;

	if (bucket.from_ns < from_ns)
		bucket.from_ns = from_ns;
	if (!bucket.to_ns || bucket.to_ns > from_ns + t->width_ns)
		bucket.to_ns = from_ns + t->width_ns;
	if (query_prepare(
		    &bucket, db,
		    "SELECT id, substr(time, 12, 15), priority, rule, comm, pid FROM v_matches",
		    " ORDER BY ts_ns, id", &st, err) < 0)
		goto out;
	while ((step = db_step(db, st, err)) > 0) {
		buf_clear(&line);
		buf_printf(&line, "    %s  ", db_text(st, 1));
		buf_printf(&line, "#%s %s: ", db_text(st, 0), db_text(st, 2));
		human_text(&line, sv_of(db_text(st, 3)));
		buf_puts(&line, " - ");
		human_text(&line, sv_of(db_text(st, 4)));
		buf_printf(&line, " [%s]", db_text(st, 5));
		if (width)
			human_cut(&line, 0, width);
		printf("%s\n", buf_cstr(&line));
	}
out:
	sqlite3_finalize(st);
	buf_deinit(&line);
	return step;
}

static int print(struct timeline *t, const struct query *q, const struct db *db, struct err *err)
{
	size_t width = terminal_width(STDOUT_FILENO);
	struct buf line = { 0 };
	int rc = 0;

	for (uint64_t i = 0; i < t->n && rc == 0; i++) {
		struct bucket *b = &t->buckets[i];
		uint64_t from_ns = t->first_ns + i * t->width_ns;

		buf_clear(&line);
		put_start(&line, from_ns, t->width_ns);
		buf_printf(&line, " |");
		put_bar(&line, b->matches, t->highest);
		if (b->matches) {
			buf_printf(&line, "| %6" PRIu64 "  %s: ", b->matches,
				   priority_name((enum priority)b->priority));
			buf_putsv(&line, buf_sv(&b->rules));
			if (b->nrules > NAMED_RULES)
				buf_printf(&line, " and %" PRIu64 " more", b->nrules - NAMED_RULES);
		} else {
			buf_puts(&line, "|");
		}
		if (width)
			human_cut(&line, 0, width);
		printf("%s\n", buf_cstr(&line));
		if (t->entries && b->matches)
			rc = print_entries(t, q, db, from_ns, err);
	}
	buf_deinit(&line);
	return rc;
}

/* --- the command --- */

/* "500ms", "10s", "5m", "2h", "1d" */
static int set_bucket(const char *text, uint64_t *ns, struct err *err)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "us", 1000 },         { "ms", 1000000 },        { "s", NS_PER_S },
		      { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S }, { "d", 86400 * NS_PER_S } };
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (end != text && n > 0 && n <= 100000 && strcmp(end, units[i].name) == 0) {
			*ns = n * units[i].ns;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE,
		       "option --bucket wants something like 500ms, 10s, 5m, 2h or 1d, "
		       "not %s",
		       text);
}

static int option(void *arg, int key, struct cli *c, struct err *err)
{
	struct timeline *t = arg;

	if (key == KEY_BUCKET)
		return set_bucket(c->value, &t->width_ns, err);
	t->entries = true;
	return 0;
}

static int show(void *arg, const struct query *q, const struct db *db, struct cli *c,
		struct err *err)
{
	struct timeline *t = arg;
	int rc = measure(t, q, db, err);

	(void)c;
	if (rc == 0 && t->n)
		rc = fill(t, q, db, err) < 0 ? -1 : print(t, q, db, err);
	for (uint64_t i = 0; t->buckets && i < t->n; i++)
		buf_deinit(&t->buckets[i].rules);
	free(t->buckets);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	static const struct query_command command = { .option = option, .ask = show };
	struct timeline t = { 0 };

	return query_run(&command, &t, c, err);
}

static const struct cli_option options[] = {
	QUERY_OPTIONS,
	{ KEY_BUCKET, "bucket", "TIME", "one row per 500ms, 10s, 5m, 2h, 1d (default: what fits)" },
	{ KEY_ENTRIES, "entries", NULL, "below each row the matches that it stands for" },
};

const struct cli_command matches_cmd_timeline = {
	.name = "timeline",
	.operands = "",
	.help = "Draw matches over time.",
	.details = "Each row shows how many matches began in its time, how urgent the worst of "
		   "them was,\n"
		   "and the rules, most frequent first.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_NAMES_NONE,
	.run = run,
};
