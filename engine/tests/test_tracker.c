/*
 * A state that is saved, loaded and fed the rest must come to the same as one that was fed
 * everything: the same bytes when saved again, the same verdicts of all rules.  SAKER_SEED=N saves
 * at other moments, SAKER_LONG=1 takes long traces and public ones, too.
 */
#include "engine/tracker.h"

#include "engine/engine.h"
#include "format/intake.h"
#include "format/tests/test.h"

#include <dirent.h>
#include <sys/stat.h>

enum { MAX_COPIES = 12, LONG_TRACE = 100000, LONG_COPIES = 3, SMALL_FILE = 65536 };

static uint64_t random_state;

static uint64_t chance(uint64_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % below;
}

static struct source *open_trace(const char *path, bool upgrade)
{
	struct source_options options = { .upgrade = upgrade };
	struct source *source;
	struct err err = { 0 };

	if (source_open(path, &options, &source, &err) < 0)
		fail_msg("%s: %s", path, err.msg);
	return source;
}

static uint64_t count_records(const char *path)
{
	struct source *source = open_trace(path, false);
	struct record rec;
	struct err err = { 0 };
	uint64_t n = 0;

	while (source_next(source, &rec, &err) == NEXT_ITEM)
		n++;
	source_close(source);
	return n;
}

static void feed(struct tracker *t, const struct record *rec)
{
	struct err err = { 0 };

	if (tracker_record(t, rec, &err) < 0)
		fail_msg("%s", err.msg);
}

static void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b,
				 const char *path, uint64_t at)
{
	for (int i = 0; i < SNAPSHOT_COLUMNS; i++) {
		struct sv x = buf_sv(&a->columns[i]), y = buf_sv(&b->columns[i]);
		size_t same = 0;

		while (same < x.n && same < y.n && x.p[same] == y.p[same])
			same++;
		if (!sv_eq(x, y))
			fail_msg("%s: record %ju: column %d: %zu and %zu bytes, the first %zu same",
				 path, (uintmax_t)at, i, x.n, y.n, same);
	}
}

/* Save t, load that into a new one, which must save the same; false: tracking has ended. */
static bool copy_tracker(struct tracker *t, struct tracker **out, const char *path, uint64_t at)
{
	struct snapshot saved = { 0 }, again = { 0 };
	struct err err = { 0 };
	int rc = tracker_snapshot(t, &saved, &err);

	*out = NULL;
	if (rc < 0)
		fail_msg("%s: %s", path, err.msg);
	if (rc == 0) {
		struct record rec = { .kind = RECORD_STATE, .snapshot = snapshot_view(&saved) };

		*out = tracker_new();
		if (tracker_record(*out, &rec, &err) < 0)
			fail_msg("%s: record %ju: %s", path, (uintmax_t)at, err.msg);
		assert_int_equal(tracker_snapshot(*out, &again, &err), 0);
		assert_same_snapshot(&saved, &again, path, at);
	}
	snapshot_deinit(&saved);
	snapshot_deinit(&again);
	return rc == 0;
}

static void assert_same_trackers(struct tracker *a, struct tracker *b, const char *path,
				 uint64_t at)
{
	struct snapshot x = { 0 }, y = { 0 };
	struct err err = { 0 };
	int rc = tracker_snapshot(a, &x, &err);

	assert_int_equal(tracker_snapshot(b, &y, &err), rc);
	if (rc == 0)
		assert_same_snapshot(&x, &y, path, at);
	snapshot_deinit(&x);
	snapshot_deinit(&y);
}

static void check_copies(const char *path, bool upgrade)
{
	uint64_t n = count_records(path), at = 0;
	size_t ncopies = 0, max = n > LONG_TRACE ? LONG_COPIES : MAX_COPIES;
	struct tracker *all = tracker_new(), *copies[MAX_COPIES];
	struct source *source = open_trace(path, upgrade);
	struct record rec;
	struct err err = { 0 };

	for (; source_next(source, &rec, &err) == NEXT_ITEM; at++) {
		if (ncopies < max && chance(n / max + 1) == 0 &&
		    copy_tracker(all, &copies[ncopies], path, at)) {
			for (size_t i = 0; i < ncopies; i++)
				assert_same_trackers(all, copies[i], path, at);
			ncopies++;
		}
		feed(all, &rec);
		for (size_t i = 0; i < ncopies; i++)
			feed(copies[i], &rec);
	}
	for (size_t i = 0; i < ncopies; i++) {
		assert_same_trackers(all, copies[i], path, at);
		tracker_free(copies[i]);
	}
	tracker_free(all);
	source_close(source);
}

/* --- verdicts --- */

/* What replays a trace: events upgraded and numbered, then rules. */
struct player {
	struct source_stats stats;
	struct intake intake;
	struct engine *engine;
	uint64_t matches, hash;
};

static struct ruleset *load_rules(void)
{
	/* base.yaml holds the macros of all others. */
	static const char *const files[] = { "base",
					     "command_and_control",
					     "container_escape",
					     "credential_access",
					     "defense_evasion",
					     "discovery",
					     "execution",
					     "exfiltration",
					     "impact",
					     "persistence",
					     "privilege_escalation" };
	struct ruleset_selection sel = { .min_priority = PRIO_DEBUG };
	struct ruleset *rules = ruleset_new();
	struct diag_list diags = { 0 };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[128], *text = NULL;
		size_t n = 0;

		snprintf(path, sizeof path, "rules/%s.yaml", files[i]);
		FILE *f = fopen(path, "r");
		assert_non_null(f);
		ssize_t got = getdelim(&text, &n, EOF, f);
		fclose(f);
		assert_true(got > 0);
		assert_int_equal(ruleset_add_file(rules, sv_of(path),
						  (struct sv){ text, (size_t)got }, &diags),
				 0);
		free(text);
	}
	assert_int_equal(ruleset_compile(rules, &sel, &diags), 0);
	diag_list_deinit(&diags);
	return rules;
}

static int on_match(void *arg, const struct match *m, struct err *err)
{
	struct player *p = arg;

	(void)err;
	p->matches++;
	p->hash = p->hash * 1099511628211u + m->rule->condition_id;
	p->hash = p->hash * 1099511628211u + m->ev->num;
	return 0;
}

static void player_init(struct player *p, struct ruleset *rules)
{
	struct err err = { 0 };

	*p = (struct player){ .engine = engine_new(rules, MATCH_ALL) };
	assert_non_null(p->engine);
	assert_int_equal(intake_init(&p->intake, true, &p->stats, &err), 0);
}

static void player_deinit(struct player *p)
{
	engine_free(p->engine);
	intake_deinit(&p->intake);
}

static void play_record(struct player *p, const struct record *rec)
{
	struct record copy = *rec;
	struct err err = { 0 };

	if (rec->kind == RECORD_SECTION)
		intake_section(&p->intake);
	if (rec->kind == RECORD_STATE)
		assert_int_equal(intake_load(&p->intake, &rec->snapshot, &err), 0);
	if (rec->kind == RECORD_EVENT &&
	    intake_event(&p->intake, &copy.event, &err) != UPGRADE_KEEP)
		return;
	if (engine_record(p->engine, &copy, on_match, p, &err) < 0)
		fail_msg("%s", err.msg);
}

static uint64_t check_verdicts(const char *path, struct ruleset *rules)
{
	uint64_t n = count_records(path), at = 0, middle = n / 4 + chance(n / 2 + 1);
	struct source *source = open_trace(path, false);
	struct tracker *tracker = tracker_new();
	struct player all, late;
	struct record rec;
	struct err err = { 0 };

	player_init(&all, rules);
	player_init(&late, rules);
	for (; source_next(source, &rec, &err) == NEXT_ITEM; at++) {
		if (at == middle) {
			struct snapshot saved = { 0 };

			if (tracker_snapshot(tracker, &saved, &err) == 0) {
				struct record state = { .kind = RECORD_STATE,
							.snapshot = snapshot_view(&saved) };

				play_record(&late, &state);
			}
			snapshot_deinit(&saved);
			all.matches = all.hash = 0;
		}
		feed(tracker, &rec);
		play_record(&all, &rec);
		if (at >= middle)
			play_record(&late, &rec);
	}
	if (all.matches != late.matches || all.hash != late.hash)
		fail_msg("%s: from record %ju on: %ju and %ju matches", path, (uintmax_t)middle,
			 (uintmax_t)all.matches, (uintmax_t)late.matches);
	uint64_t matches = all.matches;
	player_deinit(&all);
	player_deinit(&late);
	tracker_free(tracker);
	source_close(source);
	return matches;
}

/* --- every trace there is --- */

typedef void on_trace(const char *path, void *arg);

static bool is_wanted(const char *path)
{
	struct sv name = sv_of(path);
	struct stat st;

	return (sv_ends(name, SV(".scap")) || sv_ends(name, SV(".scap.gz"))) &&
	       (getenv("SAKER_LONG") || (stat(path, &st) == 0 && st.st_size < SMALL_FILE));
}

static size_t each_trace(const char *folder, on_trace *check, void *arg)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		char path[1024];

		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (!is_wanted(path))
			continue;
		check(path, arg);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void check_both_ways(const char *path, void *arg)
{
	(void)arg;
	check_copies(path, false);
	check_copies(path, true);
}

static void check_rules(const char *path, void *arg)
{
	check_verdicts(path, arg);
}

static void a_copy_goes_on_as_the_original_does(void **state)
{
	(void)state;
	assert_true(each_trace("testdata/traces", check_both_ways, NULL) > 5);
}

static void a_copy_comes_to_the_same_verdicts(void **state)
{
	struct ruleset *rules = load_rules();

	(void)state;
	assert_true(each_trace("testdata/traces", check_rules, rules) > 5);
	ruleset_free(rules);
}

static void public_traces_too(void **state)
{
	static const char *const folders[] = { "stock", "captured" };
	const char *corpus = test_corpus();
	char folder[512];

	(void)state;
	if (!corpus || !getenv("SAKER_LONG"))
		skip();
	struct ruleset *rules = load_rules();
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(folder, sizeof folder, "%s/traces/%s", corpus, folders[i]);
		each_trace(folder, check_both_ways, NULL);
		each_trace(folder, check_rules, rules);
	}
	ruleset_free(rules);
}

static int seed(void **state)
{
	const char *text = getenv("SAKER_SEED");

	(void)state;
	random_state = text ? strtoull(text, NULL, 10) : 1;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_goes_on_as_the_original_does),
		cmocka_unit_test(a_copy_comes_to_the_same_verdicts),
		cmocka_unit_test(public_traces_too),
	};

	return cmocka_run_group_tests(tests, seed, NULL);
}
