/* Processes, the programs they ran, and their containers. */
#include "replay/store_private.h"

int store_process(struct store *s, const struct store_process *p, int64_t *id, struct err *err)
{
	sqlite3_stmt *st;

	if (store_write_begin(s, err) < 0 || !(st = store_statement(s, ST_PROCESS, err)))
		return -1;
	sqlite3_bind_int64(st, 1, s->run_id);
	store_bind_nonzero(st, 2, (uint64_t)p->parent_id);
	sqlite3_bind_int64(st, 3, p->pid);
	sqlite3_bind_int64(st, 4, p->ppid);
	store_bind_nonzero(st, 5, p->started_ns);
	if (store_done(s, st, err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(s->db);
	return store_write_end(s, err);
}

int store_process_parent(struct store *s, int64_t process_id, int64_t parent_id, struct err *err)
{
	sqlite3_stmt *st;

	if (store_write_begin(s, err) < 0 || !(st = store_statement(s, ST_PROCESS_PARENT, err)))
		return -1;
	sqlite3_bind_int64(st, 1, process_id);
	store_bind_nonzero(st, 2, (uint64_t)parent_id);
	return store_done(s, st, err) < 0 ? -1 : store_write_end(s, err);
}

int store_process_exit(struct store *s, const struct store_exit *x, struct err *err)
{
	sqlite3_stmt *st;

	if (store_write_begin(s, err) < 0 || !(st = store_statement(s, ST_PROCESS_EXIT, err)))
		return -1;
	sqlite3_bind_int64(st, 1, x->process_id);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)x->ended_ns);
	if (x->has_status) {
		sqlite3_bind_int64(st, 3, x->code);
		sqlite3_bind_int64(st, 4, x->signal);
	} else {
		sqlite3_bind_null(st, 3);
		sqlite3_bind_null(st, 4);
	}
	return store_done(s, st, err) < 0 ? -1 : store_write_end(s, err);
}

static void bind_id(sqlite3_stmt *st, int i, uint32_t id)
{
	if (id == UINT32_MAX)
		sqlite3_bind_null(st, i);
	else
		sqlite3_bind_int64(st, i, id);
}

int store_program(struct store *s, const struct store_program *p, int64_t *id, struct err *err)
{
	sqlite3_stmt *st;
	const struct sv texts[] = { p->comm, p->exe, p->exepath, p->cmdline, p->cwd };

	if (store_write_begin(s, err) < 0 || !(st = store_statement(s, ST_PROGRAM, err)))
		return -1;
	sqlite3_bind_int64(st, 1, p->process_id);
	store_bind_nonzero(st, 2, p->since_ns);
	store_bind_nonzero(st, 3, p->evt_num);
	for (int i = 0; i < (int)(sizeof texts / sizeof texts[0]); i++)
		store_bind_text(s, st, 4 + i, texts[i]);
	bind_id(st, 9, p->uid);
	store_bind_text_or_null(s, st, 10, p->user);
	bind_id(st, 11, p->loginuid);
	sqlite3_bind_int64(st, 12, p->tty);
	store_bind_text_or_null(s, st, 13, p->container_id);
	if (store_done(s, st, err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(s->db);
	return store_write_end(s, err);
}

int store_container(struct store *s, const struct store_container *c, struct err *err)
{
	sqlite3_stmt *st;

	if (store_write_begin(s, err) < 0 || !(st = store_statement(s, ST_CONTAINER, err)))
		return -1;
	sqlite3_bind_int64(st, 1, s->run_id);
	store_bind_text(s, st, 2, c->id);
	store_bind_text(s, st, 3, c->full_id);
	store_bind_text(s, st, 4, c->type);
	store_bind_text_or_null(s, st, 5, c->name);
	store_bind_text_or_null(s, st, 6, c->image);
	return store_done(s, st, err) < 0 ? -1 : store_write_end(s, err);
}
