#include "tools/common/json.h"
#include "tools/scap/state_print.h"

#include <stdlib.h>
#include <string.h>

static void put_items(struct json *j, const char *key, struct sv items)
{
	struct sv item;

	json_array(j, key);
	while (sv_next_item(&items, &item))
		json_text(j, NULL, item);
	json_end_array(j);
}

static void put_ip(struct json *j, const char *key, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (ip->len)
		json_text(j, key, (struct sv){ text, ip_print(ip, text) });
}

static void put_fd(struct json *j, int64_t num, const struct fd *f)
{
	const char *type = fd_type_name(f->type);
	struct fd_ends ends;
	struct ip ip;
	uint16_t port;

	json_object(j, NULL);
	json_i64(j, "fd", num);
	json_text(j, "type", sv_of(type ? type : "?"));
	json_text(j, "name", text_sv(f->name));
	if (*state_protocol(f))
		json_text(j, "protocol", sv_of(state_protocol(f)));
	if (fd_ends(f, &ends)) {
		put_ip(j, "client", &ends.sip);
		json_u64(j, "client_port", ends.sport);
		put_ip(j, "server", &ends.dip);
		json_u64(j, "server_port", ends.dport);
	} else if (fd_bound(f, &ip, &port)) {
		put_ip(j, "server", &ip);
		json_u64(j, "server_port", port);
	}
	if (f->ino)
		json_u64(j, "ino", f->ino);
	json_end_object(j);
}

static void put_fds(struct json *j, const struct thread *t)
{
	int64_t num = 0;

	json_array(j, "fds");
	for (const struct fd *f; (f = fd_table_next(t->fds.table, num, &num)) != NULL; num++)
		put_fd(j, num, f);
	json_end_array(j);
}

static void put_process(struct json *j, const struct state *s, const struct thread *t)
{
	const struct thread *parent = state_parent(s, t);
	const struct user *u = state_user(s, text_sv(t->container_id), t->uid);

	json_object(j, NULL);
	json_i64(j, "pid", t->pid);
	json_i64(j, "ppid", parent ? parent->pid : t->ptid);
	json_u64(j, "threads", thread_group_size(t));
	json_u64(j, "uid", t->uid);
	if (u)
		json_text(j, "user", text_sv(u->name));
	json_u64(j, "gid", t->gid);
	json_text(j, "name", text_sv(t->comm));
	json_text(j, "exe", text_sv(t->exe));
	json_text(j, "exepath", text_sv(t->exepath));
	put_items(j, "args", text_sv(t->args));
	put_items(j, "env", thread_env(t));
	json_text(j, "cwd", thread_cwd(t));
	json_i64(j, "sid", t->sid);
	json_i64(j, "pgid", t->vpgid);
	if (t->container_id)
		json_text(j, "container", text_sv(t->container_id));
	if (t->clone_ts)
		json_u64(j, "started_ns", t->clone_ts);
	if (t->lastexec_ts)
		json_u64(j, "exec_ns", t->lastexec_ts);
	put_fds(j, t);
	json_end_object(j);
}

static void put_users(struct json *j, const struct state_view *v)
{
	uint32_t n;
	const struct user **users = state_users(v->state, &n);

	j->out->failed |= !users;
	json_array(j, "users");
	for (uint32_t i = 0; users && i < n; i++) {
		json_object(j, NULL);
		json_u64(j, "uid", users[i]->uid);
		json_u64(j, "gid", users[i]->gid);
		json_text(j, "name", text_sv(users[i]->name));
		json_text(j, "home", text_sv(users[i]->homedir));
		json_text(j, "shell", text_sv(users[i]->shell));
		json_end_object(j);
	}
	json_end_array(j);
	free(users);
}

static bool put_container(void *arg, const struct container *c)
{
	struct json *j = arg;

	if (strcmp(c->type, "host") == 0)
		return true;
	json_object(j, NULL);
	json_text(j, "id", text_sv(c->id));
	json_text(j, "engine", sv_of(c->type));
	json_text(j, "name", text_sv(c->name));
	json_text(j, "image", text_sv(c->image));
	json_end_object(j);
	return true;
}

void state_print_json(struct buf *out, const struct state_view *v)
{
	const struct machine_info *m = &v->state->machine;
	struct json j = { .out = out };

	json_object(&j, NULL);
	json_text(&j, "hostname", m->hostname);
	json_u64(&j, "cpus", m->num_cpus);
	json_u64(&j, "memory_bytes", m->memory_bytes);
	json_u64(&j, "boot_ns", m->boot_ts_ns);
	json_u64(&j, "after_event", v->num);
	json_u64(&j, "after_ns", v->ts_ns);
	json_array(&j, "processes");
	for (uint64_t i = 0; i < v->state->nthreads; i++) {
		if (state_lists(v->threads[i]))
			put_process(&j, v->state, v->threads[i]);
	}
	json_end_array(&j);
	put_users(&j, v);
	json_array(&j, "containers");
	state_containers(v->state, put_container, &j);
	json_end_array(&j);
	json_end_object(&j);
	buf_putc(out, '\n');
}
