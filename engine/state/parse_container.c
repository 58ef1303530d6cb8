/* Which container a thread is in, and what container events tell about it. */
#include "engine/state/cgroups.h"
#include "engine/state/container_list.h"
#include "engine/state/tables.h"
#include "engine/state/thread_table.h"

static void add_container(struct state *s, struct container *take_c)
{
	int rc = take_c ? container_list_put(s->tables->containers, take_c) : -1;

	s->tables->nomem |= rc < 0;
	s->losses.containers += rc > 0;
}

void set_cgroups(struct state *s, struct thread *t, struct sv recorded)
{
	struct state_tables *tb = s->tables;

	if (recorded.n == 1 && recorded.p[0] == '\0')
		recorded.n = 0;
	if (!tb->cgroups_raw || !sv_eq(text_sv(tb->cgroups_raw), recorded)) {
		if (!cgroups_normalise(recorded, &tb->scratch))
			return;
		text_set(&tb->cgroups, state_text(s, buf_sv(&tb->scratch)));
		text_set(&tb->cgroups_raw, state_text(s, recorded));
	}
	text_set(&t->cgroups, text_ref(tb->cgroups));
}

/* Nearly every process is in the same cgroups as the one before. */
static void match(struct state *s, struct text *cgroups)
{
	struct state_tables *tb = s->tables;
	struct container_match m = { 0 };

	if (cgroups && cgroups == tb->matched)
		return;
	container_match(text_sv(cgroups), &m);
	text_set(&tb->matched, text_ref(cgroups));
	text_set(&tb->matched_id, state_text(s, m.id));
	tb->matched_type = m.type;
}

void contain_thread(struct state *s, struct thread *t)
{
	match(s, t->cgroups);
	struct sv id = text_sv(s->tables->matched_id);
	const char *type = s->tables->matched_type;
	if (!sv_eq(text_sv(t->container_id), id)) {
		text_set(&t->container_id, text_ref(s->tables->matched_id));
		if (!t->container_id) {
			know_root_user(s, t->uid, t->gid);
			know_root_group(s, t->gid);
		}
		thread_touch_family(s, t);
	}
	if (id.n == 0 || !type)
		return;
	/* Engines without metadata events: this is all that will ever be known. */
	const struct container *c = state_container(s, id);
	if (c && !c->json && strcmp(c->type, type) == 0)
		return;
	add_container(s, container_new(id, type));
	s->tree_version++;
}

/* The container is what the event is about, also when it goes. */
static void take_event(struct state *s, struct sv json, bool removes)
{
	struct container *c = container_from_json(json);

	if (!c)
		return;
	s->tree_version++;
	if (!removes) {
		struct text *id = text_ref(c->id);

		add_container(s, c);
		s->now.container = state_container(s, text_sv(id));
		text_unref(id);
		return;
	}
	container_list_remove(s->tables->containers, text_sv(c->id));
	s->now.container = s->tables->last_container = c;
}

void parse_container(struct state *s, const struct event *ev)
{
	take_event(s, event_param(ev, 0), false);
}

void parse_async(struct state *s, const struct event *ev)
{
	struct sv name = arg_text(ev, 1);
	bool removes = sv_eq(name, SV("container_removed"));

	if (removes || sv_eq(name, SV("container")))
		take_event(s, event_param(ev, 2), removes);
}

const struct container *state_container(const struct state *s, struct sv id)
{
	return container_list_find(s->tables->containers, id);
}

void state_containers(const struct state *s, bool (*tell)(void *arg, const struct container *c),
		      void *arg)
{
	container_list_each(s->tables->containers, tell, arg);
}

const struct container *state_container_of(const struct state *s, const struct thread *t)
{
	if (s->now.container)
		return s->now.container;
	return t ? state_container(s, text_sv(t->container_id)) : NULL;
}

struct search {
	const struct ip *ip;
	bool found;
};

static bool is_address(const struct container *c, const struct ip *ip)
{
	struct ip own;

	return c->ip && ip_parse(text_sv(c->ip), &own) && ip_eq(&own, ip);
}

static bool is_any_address(void *arg, const struct container *c)
{
	struct search *search = arg;

	search->found = is_address(c, search->ip);
	return !search->found;
}

bool state_ip_is_local(const struct state *s, const struct ip *ip, const struct thread *t)
{
	const struct interfaces *ifs = &s->tables->interfaces;
	bool contained = t && t->container_id;

	if (ip->len == 16)
		return !contained && interfaces_have_v6_net(ifs, ip);
	if (contained) {
		const struct container *c = state_container(s, text_sv(t->container_id));

		if (!c || !c->ip) {
			struct search search = { ip, false };

			container_list_each(s->tables->containers, is_any_address, &search);
			return search.found;
		}
		if (is_address(c, ip))
			return true;
	}
	return interfaces_have_v4(ifs, ip);
}
