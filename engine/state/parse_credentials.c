/*
 * Users and groups that come and go while the trace runs, and the list at its start.  Only those of
 * the host: what a trace tells of a container's users Falco leaves aside in favour of the passwd
 * file in the container, which is not there any more when a trace is read.
 */
#include "engine/state/tables.h"

enum { NAME_ROOM = 256, PATH_ROOM = 1024 }; /* Falco cuts there, including a NUL */

static struct sv cut(struct sv text, size_t room)
{
	return text.n < room ? text : (struct sv){ text.p, room - 1 };
}

/* Lines of network services in the passwd file are no users. */
static bool is_nss_entry(struct sv name)
{
	return name.n && (name.p[0] == '+' || name.p[0] == '-');
}

/* The entry to fill in; NULL: not wanted or no room. */
static struct credential *entry(struct state *s, struct credentials *table, uint32_t id,
				struct sv name)
{
	if (is_nss_entry(name))
		return NULL;
	struct credential *c = credentials_find(table, id);
	if (c && c->listed && !s->tables->settled)
		return NULL;
	if (!c && table->n >= STATE_MAX_USERS) {
		s->losses.users++;
		return NULL;
	}
	c = c ? c : credentials_make(table, id);
	s->tables->nomem |= !c;
	s->tree_version++;
	return c;
}

static struct credential *set_user(struct state *s, const struct user_entry *u)
{
	struct credential *c = entry(s, &s->tables->users, u->uid, u->name);

	if (!c)
		return NULL;
	c->user.uid = u->uid;
	c->user.gid = u->gid;
	state_set_text(s, &c->user.name, cut(u->name, NAME_ROOM));
	state_set_text(s, &c->user.homedir, cut(u->homedir, PATH_ROOM));
	state_set_text(s, &c->user.shell, cut(u->shell, PATH_ROOM));
	return c;
}

static struct credential *set_group(struct state *s, const struct group_entry *g)
{
	struct credential *c = entry(s, &s->tables->groups, g->gid, g->name);

	if (!c)
		return NULL;
	c->group.gid = g->gid;
	state_set_text(s, &c->group.name, cut(g->name, NAME_ROOM));
	return c;
}

void list_user(struct state *s, const struct user_entry *u)
{
	struct credential *c = set_user(s, u);

	if (c)
		c->listed = true;
}

void list_group(struct state *s, const struct group_entry *g)
{
	struct credential *c = set_group(s, g);

	if (c)
		c->listed = true;
}

/* A list that is complete no longer outranks events. */
static void unlist(struct credentials *table)
{
	for (uint32_t i = 0; i < table->nslots; i++) {
		if (table->slots[i])
			table->slots[i]->listed = false;
	}
}

void credentials_settle(struct state *s)
{
	unlist(&s->tables->users);
	unlist(&s->tables->groups);
}

/* Falco knows root even where no list names it, from the first thread of it on. */
void know_root_user(struct state *s, uint32_t uid, uint32_t gid)
{
	struct user_entry root = { .uid = 0,
				   .gid = gid,
				   .name = SV("root"),
				   .homedir = SV("/root"),
				   .shell = SV("<NA>") };

	if (uid == 0 && !credentials_find(&s->tables->users, 0))
		set_user(s, &root);
}

void know_root_group(struct state *s, uint32_t gid)
{
	if (gid == 0 && !credentials_find(&s->tables->groups, 0))
		set_group(s, &(struct group_entry){ .gid = 0, .name = SV("root") });
}

static void remove_credential(struct state *s, struct credentials *table, uint32_t id)
{
	const struct credential *c = credentials_find(table, id);

	if (!c || (c->listed && !s->tables->settled))
		return;
	credentials_remove(table, id);
	s->tree_version++;
}

static bool is_of_container(const struct event *ev, uint32_t param)
{
	return sv_upto_nul(event_param(ev, param)).n > 0;
}

void parse_user(struct state *s, const struct event *ev)
{
	struct user_entry u = { .uid = arg32(ev, 0),
				.gid = arg32(ev, 1),
				.name = arg_text(ev, 2),
				.homedir = arg_text(ev, 3),
				.shell = arg_text(ev, 4) };

	if (is_of_container(ev, 5))
		return;
	if (ev->type == EV_USER_ADDED_E)
		set_user(s, &u);
	else
		remove_credential(s, &s->tables->users, u.uid);
}

void parse_group(struct state *s, const struct event *ev)
{
	struct group_entry g = { .gid = arg32(ev, 0), .name = arg_text(ev, 1) };

	if (is_of_container(ev, 2))
		return;
	if (ev->type == EV_GROUP_ADDED_E)
		set_group(s, &g);
	else
		remove_credential(s, &s->tables->groups, g.gid);
}

const struct user *state_user(const struct state *s, struct sv container_id, uint32_t uid)
{
	const struct credential *c = credentials_find(&s->tables->users, uid);

	return c && container_id.n == 0 ? &c->user : NULL;
}

const struct group *state_group(const struct state *s, struct sv container_id, uint32_t gid)
{
	const struct credential *c = credentials_find(&s->tables->groups, gid);

	return c && container_id.n == 0 ? &c->group : NULL;
}

const struct user **state_users(const struct state *s, uint32_t *n)
{
	const struct credential **all = credentials_sorted(&s->tables->users, n);
	const struct user **users = all ? malloc((*n + 1) * sizeof *users) : NULL;

	for (uint32_t i = 0; users && i < *n; i++)
		users[i] = &all[i]->user;
	free(all);
	return users;
}
