/*
 * container.* and k8s.*: what Falco's container plugin offers.
 *
 * Everything but the id needs a container event that described the container; the state describes
 * the host as one.
 */
#include "engine/fields/getters.h"

#include <regex.h>

enum { SHORT_ID = 12 };

/* False: unknown thread, or a container of which nothing but the id is known (c NULL). */
static bool see_container(const struct field_ctx *ctx, const struct container **c)
{
	const struct thread *t = now_thread(ctx);

	*c = ctx->state->now.container || t ? state_container_of(ctx->state, t) : NULL;
	return *c;
}

bool get_container_id(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);
	const struct container *c;

	(void)f;
	if (see_container(ctx, &c))
		return put_text(out, text_sv(c->id));
	return t && put_text(out, text_sv(t->container_id));
}

static struct sv container_text(const struct container *c, uint32_t offset)
{
	const struct text *text;

	memcpy(&text, (const char *)c + offset, sizeof text);
	return text_sv(text);
}

/* which: offsetof(struct container, TEXT) */
bool get_container_text(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c;

	return see_container(ctx, &c) && put_text(out, container_text(c, f->def->which));
}

bool get_container_type(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c;

	(void)f;
	return see_container(ctx, &c) && put_cstr(out, c->type);
}

/* which: offsetof(struct container, MARK) */
bool get_container_mark(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c;

	return see_container(ctx, &c) && put_bool(out, *((const bool *)c + f->def->which));
}

/* Start of the init process of the pid namespace; which: time since then. */
bool get_container_start(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	if (ctx->state->now.container || !t || t->pidns_init_start_ts == 0)
		return false;
	return put_u64(f, out,
		       f->def->which ? now_event(ctx)->ts_ns - t->pidns_init_start_ts
				     : t->pidns_init_start_ts);
}

/* Deprecated fields that the plugin still accepts but never fills. */
bool get_retired(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return get_nothing(f, ctx, out);
}

/* --- mounts --- */

static void put_mount(struct scratch *s, const struct container_mount *m)
{
	scratch_put(s, text_sv(m->source));
	scratch_putc(s, ':');
	scratch_put(s, text_sv(m->dest));
	scratch_putc(s, ':');
	scratch_put(s, text_sv(m->mode));
	scratch_put(s, m->rdwr ? SV(":true:") : SV(":false:"));
	scratch_put(s, text_sv(m->propagation));
}

bool get_container_mounts(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };
	const struct container *c;

	(void)f;
	if (!see_container(ctx, &c))
		return false;
	for (uint32_t i = 0; i < c->nmounts; i++) {
		if (i)
			scratch_putc(&s, ',');
		put_mount(&s, &c->mounts[i]);
	}
	return put_scratch(out, &s);
}

/* The plugin takes the argument for a regular expression that may match anywhere in the path. */
static const struct container_mount *find_mount(const struct field_ref *f,
						const struct container *c)
{
	const struct container_mount *hit = NULL;
	regex_t pattern;

	if (f->arg_is_index)
		return f->index < c->nmounts ? &c->mounts[f->index] : NULL;
	if (c->nmounts == 0 || regcomp(&pattern, f->arg.p, REG_EXTENDED | REG_NOSUB | REG_NEWLINE))
		return NULL;
	for (uint32_t i = 0; i < c->nmounts && !hit; i++) {
		const struct container_mount *m = &c->mounts[i];
		const struct text *path = f->def->which == MOUNT_SOURCE ? m->dest : m->source;

		if (regexec(&pattern, path ? path->p : "", 0, NULL, 0) == 0)
			hit = m;
	}
	regfree(&pattern);
	return hit;
}

bool get_container_mount(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };
	const struct container_mount *m;
	const struct container *c;

	if (!see_container(ctx, &c))
		return false;
	m = find_mount(f, c);
	if (!m)
		return false;
	switch (f->def->which) {
	case MOUNT_SOURCE:
		return put_text(out, text_sv(m->source));
	case MOUNT_DEST:
		return put_text(out, text_sv(m->dest));
	case MOUNT_MODE:
		return put_text(out, text_sv(m->mode));
	case MOUNT_RDWR:
		return put_cstr(out, m->rdwr ? "true" : "false");
	case MOUNT_PROPAGATION:
		return put_text(out, text_sv(m->propagation));
	default:
		put_mount(&s, m);
		return put_scratch(out, &s);
	}
}

/* --- labels --- */

struct label_list {
	const struct container_label *items;
	uint32_t n;
};

static struct label_list labels_of(const struct container *c)
{
	return (struct label_list){ c->labels, c->nlabels };
}

static struct label_list sandbox_labels_of(const struct container *c)
{
	return (struct label_list){ c->sandbox_labels, c->nsandbox_labels };
}

static bool put_label(struct label_list labels, struct sv key, struct value *out)
{
	for (uint32_t i = 0; i < labels.n; i++) {
		if (sv_eq(text_sv(labels.items[i].key), key))
			return put_text(out, text_sv(labels.items[i].value));
	}
	return false;
}

/* "key:value, key:value"; those that Kubernetes itself sets are left out. */
static bool put_labels(struct field_ctx *ctx, struct label_list labels, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };

	for (uint32_t i = 0; i < labels.n; i++) {
		struct sv key = text_sv(labels.items[i].key),
			  value = text_sv(labels.items[i].value);

		if (sv_starts(key, SV("annotation.")) || sv_starts(key, SV("io.kubernetes.")))
			continue;
		if (s.n)
			scratch_put(&s, SV(", "));
		scratch_put(&s, key);
		if (value.n)
			scratch_putc(&s, ':');
		scratch_put(&s, value);
	}
	return put_scratch(out, &s);
}

bool get_container_label(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	static const struct sv keys[] = {
		[LABEL_POD_NAME] = { "io.kubernetes.pod.name", 22 },
		[LABEL_POD_NAMESPACE] = { "io.kubernetes.pod.namespace", 27 },
		[LABEL_POD_UID] = { "io.kubernetes.pod.uid", 21 },
	};
	struct sv key = f->def->which == LABEL_ARGUMENT ? f->arg : keys[f->def->which];
	const struct container *c;

	return see_container(ctx, &c) && put_label(labels_of(c), key, out);
}

bool get_container_labels(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c;

	(void)f;
	return see_container(ctx, &c) && put_labels(ctx, labels_of(c), out);
}

/* --- pods --- */

static struct sv short_id(struct sv id)
{
	return id.n > SHORT_ID ? (struct sv){ id.p, SHORT_ID } : id;
}

/* which: the whole id */
bool get_pod_sandbox_id(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c;

	if (!see_container(ctx, &c))
		return false;

	struct sv id = text_sv(c->pod_sandbox_id);

	return put_text(out, f->def->which ? id : short_id(id));
}

/*
 * A container without network result of its own belongs to a sandbox container that has it (to the
 * host, when it names none).  NULL: it has its own, or the sandbox is unknown.
 */
static const struct container *sandbox_of(const struct field_ctx *ctx, const struct container *c)
{
	if (c->cni_json)
		return NULL;
	return state_container(ctx->state, short_id(text_sv(c->pod_sandbox_id)));
}

/* which: offsetof(struct container, TEXT) */
bool get_pod_network(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c;

	if (!see_container(ctx, &c))
		return false;
	if (!c->cni_json)
		c = sandbox_of(ctx, c);
	return c && put_text(out, container_text(c, f->def->which));
}

bool get_pod_label(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c, *sandbox;

	if (!see_container(ctx, &c))
		return false;
	sandbox = sandbox_of(ctx, c);
	if (sandbox && put_label(sandbox_labels_of(sandbox), f->arg, out))
		return true;
	return put_label(sandbox_labels_of(c), f->arg, out);
}

bool get_pod_labels(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct container *c, *sandbox;

	(void)f;
	if (!see_container(ctx, &c))
		return false;
	sandbox = sandbox_of(ctx, c);
	return put_labels(ctx, sandbox_labels_of(sandbox ? sandbox : c), out);
}
