/* Runs: what identifies one, its rules, its end, and the removal of its predecessor. */
#include "replay/store_private.h"

#include <stdlib.h>

/* Everything that a run owns, children first.  ?1 is the run. */
static const char *const forget_sql[] = {
	"INSERT INTO message_search (message_search, rowid, text) "
	"SELECT 'delete', id, text FROM messages "
	"WHERE id IN (SELECT message_id FROM matches WHERE run_id = ?1)",
	"DELETE FROM messages WHERE id IN (SELECT message_id FROM matches WHERE run_id = ?1)",
	"DELETE FROM field_values WHERE set_id IN (SELECT thread_set FROM matches WHERE run_id = "
	"?1 "
	"UNION SELECT event_set FROM matches WHERE run_id = ?1)",
	"DELETE FROM matches WHERE run_id = ?1",
	"DELETE FROM programs WHERE process_id IN (SELECT id FROM processes WHERE run_id = ?1)",
	"DELETE FROM processes WHERE run_id = ?1",
	"DELETE FROM containers WHERE run_id = ?1",
	"DELETE FROM losses WHERE run_id = ?1",
	"DELETE FROM gaps WHERE run_id = ?1",
	"DELETE FROM runs WHERE id = ?1",
};

int store_forget_run(struct store *s, int64_t run_id, struct err *err)
{
	for (size_t i = 0; i < sizeof forget_sql / sizeof forget_sql[0]; i++) {
		sqlite3_stmt *st;

		if (sqlite3_prepare_v2(s->db, forget_sql[i], -1, &st, NULL) != SQLITE_OK)
			return store_fail(s, err);
		sqlite3_bind_int64(st, 1, run_id);
		int rc = store_done(s, st, err);
		sqlite3_finalize(st);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int put_trace(struct store *s, const struct store_run *run, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_TRACE, err);

	if (!st)
		return -1;
	store_bind_text(s, st, 1, run->trace.sha256);
	store_bind_text(s, st, 2, run->trace.path);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)run->trace_size);
	if (store_done(s, st, err) < 0)
		return -1;
	st = store_statement(s, ST_TRACE_ID, err);
	if (!st)
		return -1;
	store_bind_text(s, st, 1, run->trace.sha256);
	return store_number(s, st, 0, &s->trace_id, err);
}

static int put_ruleset(struct store *s, const struct store_run *run, int64_t *id, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_RULESET, err);

	if (!st)
		return -1;
	store_bind_text(s, st, 1, run->rules_sha256);
	if (store_done(s, st, err) < 0)
		return -1;
	st = store_statement(s, ST_RULESET_ID, err);
	if (!st)
		return -1;
	store_bind_text(s, st, 1, run->rules_sha256);
	if (store_number(s, st, 0, id, err) < 0)
		return -1;
	st = store_statement(s, ST_RULE_FILE, err);
	if (!st)
		return -1;
	for (size_t i = 0; i < run->nfiles; i++) {
		sqlite3_bind_int64(st, 1, *id);
		sqlite3_bind_int64(st, 2, (sqlite3_int64)i + 1);
		store_bind_text(s, st, 3, run->files[i].path);
		store_bind_text(s, st, 4, run->files[i].sha256);
		if (store_done(s, st, err) < 0)
			return -1;
	}
	return 0;
}

static int put_tags(struct store *s, int64_t rule_id, const struct store_rule *r, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_RULE_UNTAG, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, rule_id);
	if (store_done(s, st, err) < 0)
		return -1;
	st = store_statement(s, ST_RULE_TAG, err);
	if (!st)
		return -1;
	for (size_t i = 0; i < r->ntags; i++) {
		sqlite3_bind_int64(st, 1, rule_id);
		store_bind_text(s, st, 2, r->tags[i]);
		if (store_done(s, st, err) < 0)
			return -1;
	}
	return 0;
}

static int put_rule(struct store *s, int64_t ruleset_id, const struct store_rule *r, int64_t *id,
		    struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_RULE, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, ruleset_id);
	store_bind_text(s, st, 2, r->name);
	sqlite3_bind_int64(st, 3, r->priority);
	store_bind_text(s, st, 4, r->source);
	store_bind_text(s, st, 5, r->description);
	store_bind_text(s, st, 6, r->condition);
	store_bind_text(s, st, 7, r->output);
	store_bind_text(s, st, 8, r->file);
	sqlite3_bind_int64(st, 9, r->line);
	store_bind_text(s, st, 10, r->source_text);
	if (store_done(s, st, err) < 0)
		return -1;
	st = store_statement(s, ST_RULE_ID, err);
	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, ruleset_id);
	store_bind_text(s, st, 2, r->name);
	if (store_number(s, st, 0, id, err) < 0)
		return -1;
	return put_tags(s, *id, r, err);
}

static int put_rules(struct store *s, int64_t ruleset_id, const struct store_run *run,
		     struct err *err)
{
	free(s->rule_ids);
	s->nrules = run->nrules;
	s->rule_ids = calloc(run->nrules + 1, sizeof *s->rule_ids);
	if (!s->rule_ids)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < run->nrules; i++) {
		if (put_rule(s, ruleset_id, &run->rules[i], &s->rule_ids[i], err) < 0)
			return -1;
	}
	return 0;
}

static int put_run(struct store *s, int64_t ruleset_id, const struct store_run *run,
		   struct err *err)
{
	int64_t before;
	sqlite3_stmt *st = store_statement(s, ST_RUN_ID, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, s->trace_id);
	sqlite3_bind_int64(st, 2, ruleset_id);
	store_bind_text(s, st, 3, run->options);
	if (store_number(s, st, 0, &before, err) < 0 ||
	    (before && store_forget_run(s, before, err) < 0))
		return -1;
	st = store_statement(s, ST_RUN, err);
	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, s->trace_id);
	sqlite3_bind_int64(st, 2, ruleset_id);
	store_bind_text(s, st, 3, run->options);
	store_bind_text(s, st, 4, run->tool);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)run->now_ns);
	if (store_done(s, st, err) < 0)
		return -1;
	s->run_id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int store_run_begin(struct store *s, const struct store_run *run, struct err *err)
{
	int64_t ruleset_id;

	if (store_commit(s, err) < 0 || store_write_begin(s, err) < 0 ||
	    put_trace(s, run, err) < 0 || put_ruleset(s, run, &ruleset_id, err) < 0 ||
	    put_rules(s, ruleset_id, run, err) < 0 || put_run(s, ruleset_id, run, err) < 0)
		return -1;
	store_memo_clear(&s->messages);
	store_memo_clear(&s->sets);
	return store_write_end(s, err);
}

static int put_machine(struct store *s, const struct store_outcome *out, struct err *err)
{
	sqlite3_stmt *st = store_statement(s, ST_TRACE_MACHINE, err);

	if (!st)
		return -1;
	sqlite3_bind_int64(st, 1, s->trace_id);
	store_bind_text_or_null(s, st, 2, out->hostname);
	store_bind_nonzero(st, 3, out->cpus);
	store_bind_nonzero(st, 4, out->boot_ns);
	return store_done(s, st, err);
}

int store_run_end(struct store *s, const struct store_outcome *out, struct err *err)
{
	if (store_write_begin(s, err) < 0 || put_machine(s, out, err) < 0)
		return -1;
	sqlite3_stmt *st = store_statement(s, ST_RUN_END, err);

	if (!st)
		return -1;
	const uint64_t counts[] = { out->sections, out->drops,     out->skipped,   out->upgraded,
				    out->merged,   out->discarded, out->state_lost };

	sqlite3_bind_int64(st, 1, s->run_id);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)out->now_ns);
	store_bind_text(s, st, 3, sv_of(out->outcome));
	store_bind_text_or_null(s, st, 4, sv_of(out->message));
	sqlite3_bind_int64(st, 5, (sqlite3_int64)out->events);
	sqlite3_bind_int64(st, 6, (sqlite3_int64)out->matches);
	store_bind_nonzero(st, 7, out->events ? out->first_ns : 0);
	store_bind_nonzero(st, 8, out->events ? out->last_ns : 0);
	for (int i = 0; i < (int)(sizeof counts / sizeof counts[0]); i++)
		sqlite3_bind_int64(st, 9 + i, (sqlite3_int64)counts[i]);
	s->run_id = 0;
	return store_done(s, st, err) < 0 ? -1 : store_commit(s, err);
}
