#include "tools/matches/family.h"

#include "tools/common/human.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MAX_DEPTH = 100 };

void family_deinit(struct family *f)
{
	for (size_t i = 0; i < f->n; i++) {
		buf_deinit(&f->members[i].text);
		buf_deinit(&f->members[i].alerts);
	}
	free(f->members);
	*f = (struct family){ 0 };
}

/* --- loading --- */

static struct member *new_member(struct family *f)
{
	if (f->n == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct member *more = realloc(f->members, cap * sizeof *more);

		if (!more)
			return NULL;
		f->members = more;
		f->cap = cap;
	}
	f->members[f->n] = (struct member){ 0 };
	return &f->members[f->n++];
}

/* The statements that tell about one process, prepared once. */
struct teller {
	const struct db *db;
	sqlite3_stmt *process, *programs, *alerts;
};

static int teller_open(struct teller *t, const struct db *db, struct err *err)
{
	*t = (struct teller){ .db = db };
	if (db_prepare(db,
		       "SELECT parent_id, pid, started_ns, ended_ns, exit_code, exit_signal, "
		       "comm, user, container_id FROM v_processes WHERE id = :id",
		       &t->process, err) < 0 ||
	    db_prepare(db,
		       "SELECT g.cmdline, g.since_ns = c.started_ns FROM programs g "
		       "JOIN processes c ON c.id = g.process_id "
		       "WHERE g.process_id = :id ORDER BY g.id",
		       &t->programs, err) < 0 ||
	    db_prepare(db,
		       "SELECT min(m.id), p.name, u.name, count(*) FROM programs g "
		       "JOIN matches m ON m.program_id = g.id JOIN rules u ON u.id = m.rule_id "
		       "JOIN priorities p ON p.id = u.priority WHERE g.process_id = :id "
		       "GROUP BY u.id ORDER BY u.priority, min(m.id)",
		       &t->alerts, err) < 0)
		return -1;
	return 0;
}

static void teller_close(struct teller *t)
{
	sqlite3_finalize(t->process);
	sqlite3_finalize(t->programs);
	sqlite3_finalize(t->alerts);
}

static void put_life(struct buf *b, sqlite3_stmt *st)
{
	uint64_t started = (uint64_t)sqlite3_column_int64(st, 2);
	uint64_t ended = (uint64_t)sqlite3_column_int64(st, 3);
	const char *joint = "  (";

	if (started && ended >= started) {
		buf_printf(b, "%slived ", joint);
		human_duration(b, ended - started);
		joint = ", ";
	}
	if (sqlite3_column_int64(st, 5)) {
		buf_printf(b, "%ssignal %s", joint, db_text(st, 5));
		joint = ", ";
	} else if (sqlite3_column_int64(st, 4)) {
		buf_printf(b, "%sexit %s", joint, db_text(st, 4));
		joint = ", ";
	}
	if (*db_text(st, 8)) {
		buf_printf(b, "%sin ", joint);
		human_text(b, sv_of(db_text(st, 8)));
		joint = ", ";
	}
	if (*joint == ',')
		buf_putc(b, ')');
}

/*
 * "bash -c x => cat /etc/shadow": what it ran, one after the other.  What a clone inherits stands
 * in its parent's line: it is told only if nothing came after it.
 */
static int put_programs(struct teller *t, int64_t id, struct buf *b, struct err *err)
{
	size_t begin = b->n;
	bool inherited = false;
	int step;

	db_bind_i64(t->programs, ":id", id);
	while ((step = db_step(t->db, t->programs, err)) > 0) {
		if (inherited)
			b->n = begin;
		else if (b->n > begin)
			buf_puts(b, " => ");
		human_text(b, sv_of(db_text(t->programs, 0)));
		inherited = sqlite3_column_int(t->programs, 1);
	}
	sqlite3_reset(t->programs);
	return step;
}

static int put_alerts(struct teller *t, int64_t id, struct buf *b, struct err *err)
{
	int step;

	db_bind_i64(t->alerts, ":id", id);
	while ((step = db_step(t->db, t->alerts, err)) > 0) {
		buf_printf(b, "#%s %s: ", db_text(t->alerts, 0), db_text(t->alerts, 1));
		human_text(b, sv_of(db_text(t->alerts, 2)));
		if (sqlite3_column_int64(t->alerts, 3) > 1)
			buf_printf(b, " x%s", db_text(t->alerts, 3));
		buf_putc(b, '\n');
	}
	sqlite3_reset(t->alerts);
	return step;
}

static int tell(struct teller *t, int64_t id, struct member *m, bool alerts, struct err *err)
{
	sqlite3_stmt *st = t->process;

	m->id = id;
	db_bind_i64(st, ":id", id);
	int rc = db_step(t->db, st, err);

	if (rc > 0) {
		m->parent_id = sqlite3_column_int64(st, 0);
		buf_printf(&m->text, "[%s] ", db_text(st, 1));
		if (*db_text(st, 7)) {
			human_text(&m->text, sv_of(db_text(st, 7)));
			buf_puts(&m->text, "  ");
		}
		rc = put_programs(t, id, &m->text, err);
		put_life(&m->text, st);
	}
	sqlite3_reset(st);
	return rc == 0 && alerts ? put_alerts(t, id, &m->alerts, err) : rc;
}

static size_t find(const struct family *f, int64_t id)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->members[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->n && f->members[low].id == id ? low + 1 : 0;
}

/* From the last to the first, so that the children of each stand in order. */
static void link_members(struct family *f)
{
	for (size_t i = f->n; i-- > 0;) {
		struct member *m = &f->members[i];

		m->parent = find(f, m->parent_id);
		if (m->parent == i + 1)
			m->parent = 0;
		if (m->parent) {
			m->next_sibling = f->members[m->parent - 1].first_child;
			f->members[m->parent - 1].first_child = i + 1;
		}
	}
}

int family_load(struct family *f, const struct db *db, sqlite3_stmt *ids, bool alerts, bool *cut,
		struct err *err)
{
	struct teller t;
	int rc = teller_open(&t, db, err), step;

	*cut = false;
	while (rc == 0 && !*cut && (step = db_step(db, ids, err)) != 0) {
		struct member *m = NULL;

		if (step < 0)
			rc = -1;
		else if (f->n == FAMILY_MAX)
			*cut = true;
		else if (!(m = new_member(f)))
			rc = err_set(err, ERR_NOMEM, "out of memory");
		else
			rc = tell(&t, sqlite3_column_int64(ids, 0), m, alerts, err);
	}
	teller_close(&t);
	if (rc == 0)
		link_members(f);
	return rc;
}

/* --- printing --- */

/* What stands before a line at each depth: is another sibling to follow there? */
struct indent {
	bool more[MAX_DEPTH];
	size_t width;
	struct buf *out;
};

static void put_line(struct indent *in, size_t depth, const char *joint, const char *mark,
		     struct sv text)
{
	size_t at = in->out->n;

	for (size_t i = 0; i + 1 < depth && i + 1 < MAX_DEPTH; i++)
		buf_puts(in->out, in->more[i + 1] ? "|  " : "   ");
	buf_puts(in->out, depth ? joint : "");
	buf_puts(in->out, mark);
	buf_putsv(in->out, text);
	if (in->width)
		human_cut(in->out, at, in->width);
	buf_putc(in->out, '\n');
}

static void put_member(const struct member *m, size_t depth, bool marked, struct indent *in)
{
	struct sv rest = buf_sv(&m->alerts);

	put_line(in, depth, depth < MAX_DEPTH && in->more[depth] ? "|- " : "`- ",
		 marked ? ">> " : "", buf_sv(&m->text));
	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		struct sv line = { rest.p, end ? (size_t)(end - rest.p) : rest.n };

		put_line(in, depth + 1, m->first_child ? "|  " : "   ", "* ", line);
		rest.p += line.n + 1;
		rest.n -= line.n + 1;
	}
}

/* Without recursion: how deep a tree goes is up to whoever made the store. */
static void print_below(struct family *f, size_t root, int64_t mark, struct indent *in)
{
	size_t at = root, depth = 0;

	while (at) {
		struct member *m = &f->members[at - 1];

		if (!m->printed) {
			m->printed = true;
			if (depth < MAX_DEPTH)
				in->more[depth] = at != root && m->next_sibling;
			put_member(m, depth, m->id == mark, in);
			if (m->first_child && !f->members[m->first_child - 1].printed) {
				at = m->first_child;
				depth++;
				continue;
			}
		}
		if (at == root)
			return;
		if (m->next_sibling) {
			at = m->next_sibling;
		} else {
			at = m->parent;
			depth--;
		}
	}
}

void family_print(struct family *f, int64_t mark, size_t width, struct buf *out)
{
	struct indent in = { .width = width, .out = out };

	for (size_t i = 0; i < f->n; i++) {
		if (f->members[i].parent == 0)
			print_below(f, i + 1, mark, &in);
	}
	/* A damaged store can have circles without a beginning: start anywhere. */
	for (size_t i = 0; i < f->n; i++) {
		if (!f->members[i].printed)
			print_below(f, i + 1, mark, &in);
	}
}
