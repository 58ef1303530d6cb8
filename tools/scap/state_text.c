#include "tools/common/human.h"
#include "tools/common/table.h"
#include "tools/scap/state_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A tree this deep is no tree any more. */
enum { MAX_DEPTH = 64 };

bool state_lists(const struct thread *t)
{
	return !thread_is_placeholder(t) && !thread_is_dead(t) &&
	       (thread_is_main(t) || !thread_leader(t));
}

/* "bash -c id": its name and arguments. */
static void put_command(struct buf *out, const struct thread *t)
{
	struct sv rest = text_sv(t->args), item;

	buf_putsv(out, text_sv(t->comm));
	while (sv_next_item(&rest, &item)) {
		buf_putc(out, ' ');
		buf_putsv(out, item);
	}
}

const char *state_protocol(const struct fd *f)
{
	static const char *const names[] = { "", "", "tcp", "udp", "icmp", "raw" };
	uint8_t l4 = 0;

	switch (f->type) {
	case FD_IPV4_SOCK:
		l4 = f->sock.v4.l4;
		break;
	case FD_IPV6_SOCK:
		l4 = f->sock.v6.l4;
		break;
	case FD_IPV4_SERVSOCK:
		l4 = f->sock.v4_server.l4;
		break;
	case FD_IPV6_SERVSOCK:
		l4 = f->sock.v6_server.l4;
		break;
	default:
		break;
	}
	return l4 < sizeof names / sizeof *names ? names[l4] : "";
}

static void heading(struct buf *out, const char *text, uint64_t n)
{
	buf_printf(out, "\n%s (", text);
	human_count(out, n);
	buf_puts(out, ")\n");
}

static void put_cell_u64(struct table *t, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%" PRIu64, v);

	table_put(t, (struct sv){ text, (size_t)n });
}

static void put_cell_i64(struct table *t, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%" PRId64, v);

	table_put(t, (struct sv){ text, (size_t)n });
}

static void finish_table(struct table *t, struct buf *out)
{
	struct buf lines = { 0 };
	struct sv rest, line;

	table_print(t, 0, &lines);
	rest = buf_sv(&lines);
	while (rest.n) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) + 1 : rest.n;

		sv_take(&rest, n, &line);
		buf_puts(out, "  ");
		buf_putsv(out, line);
	}
	buf_deinit(&lines);
	table_deinit(t);
}

/* --- processes --- */

static struct sv user_name(const struct state *s, const struct thread *t)
{
	const struct user *u = state_user(s, text_sv(t->container_id), t->uid);

	return u ? text_sv(u->name) : (struct sv){ "", 0 };
}

static void put_process(struct buf *out, const struct state_view *v, const struct thread *t,
			int depth)
{
	struct buf command = { 0 };
	struct sv user = user_name(v->state, t);
	uint64_t threads = thread_group_size(t);

	buf_printf(out, "  %*s[%" PRId64 "] ", 2 * depth, "", t->pid);
	if (user.n)
		human_text(out, user);
	else
		buf_put_u64(out, t->uid);
	buf_putc(out, ' ');
	put_command(&command, t);
	human_text(out, buf_sv(&command));
	buf_deinit(&command);
	if (threads > 1)
		buf_printf(out, "  (%" PRIu64 " threads)", threads);
	if (t->container_id) {
		buf_puts(out, "  (in ");
		human_text(out, text_sv(t->container_id));
		buf_putc(out, ')');
	}
	buf_putc(out, '\n');
}

/* Lists of children by index into threads; 0 ends, so that all are one more. */
struct tree {
	const struct state_view *v;
	uint64_t *first, *next; /* first[0]: of those without a listed parent */
	bool *told;
};

static int by_tid(const void *key, const void *item)
{
	int64_t a = *(const int64_t *)key, b = (*(struct thread *const *)item)->tid;

	return (a > b) - (a < b);
}

/* Index + 1 of the process that it is a child of; 0: none that is listed. */
static uint64_t parent_of(const struct state_view *v, const struct thread *t)
{
	const struct thread *parent = state_parent(v->state, t);
	const struct thread *leader = parent ? thread_leader(parent) : NULL;

	parent = leader ? leader : parent;
	if (!parent || parent == t || !state_lists(parent))
		return 0;
	struct thread **at = bsearch(&parent->tid, v->threads, v->state->nthreads,
				     sizeof(struct thread *), by_tid);
	return at ? (uint64_t)(at - v->threads) + 1 : 0;
}

static bool tree_init(struct tree *tree, const struct state_view *v)
{
	uint64_t n = v->state->nthreads;

	*tree = (struct tree){ v, calloc(n + 1, sizeof *tree->first),
			       calloc(n + 1, sizeof *tree->next), calloc(n + 1, sizeof(bool)) };
	if (!tree->first || !tree->next || !tree->told)
		return false;
	/* Put in front from the last to the first: ascending in the end. */
	for (uint64_t i = n; i > 0; i--) {
		if (!state_lists(v->threads[i - 1]))
			continue;
		uint64_t *first = &tree->first[parent_of(v, v->threads[i - 1])];

		tree->next[i] = *first;
		*first = i;
	}
	return true;
}

static void tree_deinit(struct tree *tree)
{
	free(tree->first);
	free(tree->next);
	free(tree->told);
}

static void put_subtree(struct buf *out, struct tree *tree, uint64_t i, int depth)
{
	if (tree->told[i] || depth == MAX_DEPTH)
		return;
	tree->told[i] = true;
	put_process(out, tree->v, tree->v->threads[i - 1], depth);
	for (uint64_t c = tree->first[i]; c; c = tree->next[c])
		put_subtree(out, tree, c, depth + 1);
}

static void put_processes(struct buf *out, const struct state_view *v)
{
	struct tree tree;
	uint64_t n = 0;

	if (!tree_init(&tree, v)) {
		tree_deinit(&tree);
		out->failed = true;
		return;
	}
	for (uint64_t i = 0; i < v->state->nthreads; i++)
		n += state_lists(v->threads[i]);
	heading(out, "processes", n);
	for (uint64_t i = tree.first[0]; i; i = tree.next[i])
		put_subtree(out, &tree, i, 0);
	/* Those whose parents go round in a circle, and what is too deep. */
	for (uint64_t i = 1; i <= v->state->nthreads; i++) {
		if (state_lists(v->threads[i - 1]))
			put_subtree(out, &tree, i, 0);
	}
	tree_deinit(&tree);
}

/* --- fds --- */

static bool is_socket(const struct fd *f)
{
	return fd_is_ip(f) || f->type == FD_UNIX_SOCK;
}

/* Every fd of every process that has a table of its own. */
static void put_fds(struct table *t, const struct state_view *v, bool sockets, uint64_t *count)
{
	for (uint64_t i = 0; i < v->state->nthreads; i++) {
		const struct thread *th = v->threads[i];
		int64_t num = 0;

		if (thread_is_dead(th))
			continue;
		for (const struct fd *f; (f = fd_table_next(th->fds.table, num, &num)); num++) {
			const char *type = fd_type_name(f->type);

			if (is_socket(f) != sockets)
				continue;
			++*count;
			put_cell_i64(t, th->pid);
			table_put(t, text_sv(th->comm));
			put_cell_i64(t, num);
			table_put(t, sv_of(type ? type : "?"));
			if (sockets)
				table_put(t, sv_of(state_protocol(f)));
			table_put(t, text_sv(f->name));
		}
	}
}

static void put_files(struct buf *out, const struct state_view *v, bool sockets)
{
	static const char *const heads[] = { "pid", "program", "fd", "type", "protocol", "name" };
	struct table t;
	uint64_t n = 0;

	table_init(&t, sockets ? 6 : 5);
	t.right[0] = t.right[2] = true;
	for (int i = 0; i < 6; i++) {
		if (sockets || i != 4)
			table_put(&t, sv_of(heads[i]));
	}
	put_fds(&t, v, sockets, &n);
	heading(out, sockets ? "sockets" : "open files", n);
	if (n)
		finish_table(&t, out);
	else
		table_deinit(&t);
}

/* --- users, containers, interfaces --- */

static void put_users(struct buf *out, const struct state_view *v)
{
	const struct user **users;
	struct table t;
	uint32_t n;

	users = state_users(v->state, &n);
	if (!users) {
		out->failed = true;
		return;
	}
	heading(out, "users", n);
	table_init(&t, 4);
	t.right[0] = t.right[1] = true;
	table_put(&t, SV("uid"));
	table_put(&t, SV("gid"));
	table_put(&t, SV("name"));
	table_put(&t, SV("home"));
	for (uint32_t i = 0; i < n; i++) {
		put_cell_u64(&t, users[i]->uid);
		put_cell_u64(&t, users[i]->gid);
		table_put(&t, text_sv(users[i]->name));
		table_put(&t, text_sv(users[i]->homedir));
	}
	if (n)
		finish_table(&t, out);
	else
		table_deinit(&t);
	free(users);
}

struct containers {
	struct table t;
	uint64_t n;
};

static bool put_container(void *arg, const struct container *c)
{
	struct containers *all = arg;

	if (strcmp(c->type, "host") == 0)
		return true;
	all->n++;
	table_put(&all->t, text_sv(c->id));
	table_put(&all->t, sv_of(c->type));
	table_put(&all->t, text_sv(c->name));
	table_put(&all->t, text_sv(c->image));
	return true;
}

static void put_containers(struct buf *out, const struct state_view *v)
{
	struct containers all = { .n = 0 };

	table_init(&all.t, 4);
	table_put(&all.t, SV("id"));
	table_put(&all.t, SV("engine"));
	table_put(&all.t, SV("name"));
	table_put(&all.t, SV("image"));
	state_containers(v->state, put_container, &all);
	heading(out, "containers", all.n);
	if (all.n)
		finish_table(&all.t, out);
	else
		table_deinit(&all.t);
}

void state_print_text(struct buf *out, const struct state_view *v)
{
	buf_puts(out, "host ");
	human_text(out, v->state->machine.hostname);
	if (v->ts_ns) {
		buf_puts(out, " after ");
		human_time(out, v->ts_ns);
		buf_printf(out, ", event %" PRIu64 "\n", v->num);
	} else {
		buf_puts(out, " before the first event\n");
	}
	put_processes(out, v);
	put_files(out, v, false);
	put_files(out, v, true);
	put_users(out, v);
	put_containers(out, v);
}
