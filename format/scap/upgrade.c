#include "format/scap/upgrade.h"

#include "format/base/buf.h"
#include "format/scap/enter_table.h"
#include "format/snapshot_event.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	UPGRADE_MAX_ROUNDS = 50,
	UPGRADE_MAX_EVENT = 65536, /* no longer event is converted, or made by converting */
	UPGRADE_HEADER = 26,
};

struct upgrader {
	struct source_stats *stats;
	struct enter_table enters;
	struct buf json;
};

struct upgrader *upgrader_new(struct source_stats *stats)
{
	struct upgrader *u = calloc(1, sizeof *u);

	if (u)
		u->stats = stats;
	return u;
}

void upgrader_reset(struct upgrader *u)
{
	enter_table_clear(&u->enters);
}

void upgrader_free(struct upgrader *u)
{
	if (!u)
		return;
	upgrader_reset(u);
	buf_deinit(&u->json);
	free(u);
}

/* --- stored enter events --- */

/* Would the upgrade keep this event for its exit? */
static bool is_stored_enter(const struct event *ev)
{
	const struct conversion *c = schema_conversion(ev->type, ev->nparams);

	return !event_is_exit(ev->type) && ev->nparams <= ENTER_MAX_PARAMS && c &&
	       (c->action == CONV_STORE || c->action == CONV_STORE_AND_PASS);
}

int upgrader_each(const struct upgrader *u,
		  int (*take)(void *arg, const struct event *ev, bool passed, struct err *err),
		  void *arg, struct err *err)
{
	return enter_table_each(&u->enters, take, arg, err);
}

static int save_enter(void *arg, const struct event *ev, bool passed, struct err *err)
{
	struct snapshot *out = arg;

	(void)err;
	snapshot_put_signed(out, ev->tid);
	snapshot_put(out, passed);
	snapshot_put_event(out, ev);
	return 0;
}

void upgrader_save(const struct upgrader *u, struct snapshot *out)
{
	snapshot_put(out, enter_table_count(&u->enters));
	if (upgrader_each(u, save_enter, out, NULL) < 0)
		snapshot_no_memory(out);
}

/* Changed events go into a table of their own: their bytes may still be those of the old one. */
struct rewriting {
	struct enter_table fresh;
	int (*rewrite)(void *arg, struct event *ev, struct err *err);
	void *arg;
};

static int rewrite_enter(void *arg, const struct event *ev, bool passed, struct err *err)
{
	struct rewriting *w = arg;
	struct event changed = *ev;

	if (w->rewrite(w->arg, &changed, err) < 0)
		return -1;
	enter_table_store(&w->fresh, &changed, passed);
	return 0;
}

int upgrader_rewrite(struct upgrader *u,
		     int (*rewrite)(void *arg, struct event *ev, struct err *err), void *arg,
		     struct err *err)
{
	struct rewriting w = { .rewrite = rewrite, .arg = arg };

	if (upgrader_each(u, rewrite_enter, &w, err) < 0) {
		enter_table_clear(&w.fresh);
		return -1;
	}
	enter_table_clear(&u->enters);
	u->enters = w.fresh;
	return 0;
}

void upgrader_load(struct upgrader *u, struct snapshot_reader *from)
{
	uint32_t n = snapshot_take_count(from);

	upgrader_reset(u);
	for (uint32_t i = 0; i < n && !from->damage; i++) {
		struct event ev = { .tid = snapshot_take_signed(from) };
		bool passed = snapshot_take_max(from, 1);
		struct snapshot_ints room;

		snapshot_take_event(from, &ev, &room);
		if (!is_stored_enter(&ev)) {
			snapshot_damaged(from, "an event that no exit waits for");
			return;
		}
		enter_table_store(&u->enters, &ev, passed);
		/* As if it had been counted here: its exit takes it out of this count again. */
		u->stats->enter_dropped += !passed;
	}
}

/* --- building parameters --- */

static struct sv default_value(enum param_type type)
{
	static const char zeros[16];
	static const char ones[4] = { -1, -1, -1, -1 };

	return (struct sv){ type == PT_UID || type == PT_GID ? ones : zeros,
			    schema_type_size(type) };
}

/* A value moved to a parameter of another type loses what that type has no room for. */
static struct sv capped(struct sv value, enum param_type type)
{
	uint32_t size = schema_type_size(type);

	if (size && value.n > size)
		value.n = size;
	return value;
}

/*
 * {"id":..,"type":N,"name":..,"image":..} from the oldest container event, texts as they are.
 * Parameters that cannot be read that way give an empty one.
 */
static int container_json(struct upgrader *u, const struct event *ev, struct sv *out,
			  struct err *err)
{
	struct sv id = event_param(ev, 0), type = event_param(ev, 1), name = event_param(ev, 2),
		  image = event_param(ev, 3);
	uint32_t number = 0;
	struct buf *b = &u->json;

	*out = (struct sv){ "", 0 };
	if (!id.n || !name.n || !image.n || type.n > sizeof number)
		return 0;
	if (type.n)
		memcpy(&number, type.p, type.n);
	buf_clear(b);
	buf_puts(b, "{\"id\":\"");
	buf_put(b, id.p, id.n - 1);
	buf_puts(b, "\",\"type\":");
	buf_put_u64(b, number);
	buf_puts(b, ",\"name\":\"");
	buf_put(b, name.p, name.n - 1);
	buf_puts(b, "\",\"image\":\"");
	buf_put(b, image.p, image.n - 1);
	buf_put(b, "\"}", 3);
	if (b->failed)
		return err_set(err, ERR_NOMEM, "no memory to upgrade a container event");
	if (b->n > UINT16_MAX)
		return err_set(err, ERR_LIMIT,
			       "container event whose description takes %zu bytes, at most %d fit",
			       b->n, UINT16_MAX);
	*out = buf_sv(b);
	return 0;
}

/* The parameters of `c`, for an event of type `to` from index `first` on. */
static int build(struct upgrader *u, const struct conversion *c, const struct event *ev,
		 const struct event_desc *to, uint32_t first, struct sv *out, struct err *err)
{
	struct enter *enter = enter_table_find(&u->enters, ev->tid);
	bool enter_used = false;

	for (uint32_t i = 0; i < c->n; i++) {
		enum param_type type = to->params[first + i].type;
		uint32_t from = c->params[i].index;

		switch ((enum conv_source)c->params[i].source) {
		case CONV_OLD:
			assert(from < ev->nparams); /* the row is for this number of them */
			out[i] = capped(ev->params[from], type);
			break;
		case CONV_ENTER_E:
		case CONV_ENTER_D:
			if (!enter) {
				out[i] = c->params[i].source == CONV_ENTER_E ? (struct sv){ "", 0 }
									     : default_value(type);
				break;
			}
			if (enter->type != ev->type - 1)
				return err_set(err, ERR_FORMAT,
					       "%s exit event %u of thread %" PRId64
					       " follows the enter event of %s (%u)",
					       ev->desc->name, ev->type, ev->tid,
					       schema_event(enter->type)->name, enter->type);
			assert(from < enter->nparams); /* as the rows that store it say; tested */
			out[i] = capped(enter_param(enter, from), type);
			enter_used = true;
			break;
		case CONV_EMPTY:
			out[i] = (struct sv){ "", 0 };
			break;
		case CONV_DEFAULT:
			out[i] = default_value(type);
			break;
		case CONV_JSON:
			if (container_json(u, ev, &out[i], err) < 0)
				return -1;
			break;
		}
	}
	if (enter_used) {
		enter_take(enter);
		if (!enter->passed) {
			u->stats->enter_dropped--;
			u->stats->enter_merged++;
		}
	}
	return 0;
}

/* --- decisions --- */

static int check_size(const struct event *ev, struct err *err)
{
	size_t len_size = ev->desc->flags & EF_LARGE_PAYLOAD ? 4 : 2;
	size_t n = UPGRADE_HEADER + len_size * ev->nparams;

	for (uint32_t i = 0; i < ev->nparams; i++)
		n += ev->params[i].n;
	if (n > UPGRADE_MAX_EVENT)
		return err_set(err, ERR_LIMIT,
			       "%s event %u of %zu bytes is too long to be upgraded (%d)",
			       ev->desc->name, ev->type, n, UPGRADE_MAX_EVENT);
	return 0;
}

enum verdict { VERDICT_ERROR, VERDICT_DROP, VERDICT_KEEP, VERDICT_CONVERT };

/* Stock format 9: the order of these questions matters. */
static enum verdict judge(struct upgrader *u, const struct event *ev, struct err *err)
{
	uint32_t flags = ev->desc->flags;

	if (upgrade_keeps(ev->desc, ev->nparams))
		return VERDICT_KEEP;
	if (flags & EF_UNUSED) {
		u->stats->unused_dropped++;
		return VERDICT_DROP;
	}
	if (!(flags & EF_CONVERTER_MANAGED)) {
		/* Old exit events are all managed; a test checks the table. */
		u->stats->enter_dropped++;
		return VERDICT_DROP;
	}
	if (!event_is_exit(ev->type))
		return VERDICT_CONVERT;
	if (ev->nparams > ev->desc->nparams) {
		err_set(err, ERR_FORMAT, "%s event %u has %" PRIu32 " parameters, at most %u known",
			ev->desc->name, ev->type, ev->nparams, ev->desc->nparams);
		return VERDICT_ERROR;
	}
	return VERDICT_CONVERT;
}

/* One conversion; UPGRADE_KEEP and *again: judge the result again. */
static enum upgrade_result convert(struct upgrader *u, struct event *ev, bool *again,
				   struct err *err)
{
	const struct conversion *c = schema_conversion(ev->type, ev->nparams);
	struct sv built[EVENT_MAX_PARAMS];

	*again = false;
	if (check_size(ev, err) < 0)
		return UPGRADE_ERROR;
	if (!c) {
		err_set(err, ERR_FORMAT,
			"%s event %u with %" PRIu32 " parameters has no current form",
			ev->desc->name, ev->type, ev->nparams);
		return UPGRADE_ERROR;
	}
	switch ((enum conv_action)c->action) {
	case CONV_STORE:
		enter_table_store(&u->enters, ev, false);
		u->stats->enter_dropped++;
		return UPGRADE_DROP;
	case CONV_STORE_AND_PASS:
		enter_table_store(&u->enters, ev, true);
		return UPGRADE_KEEP;
	case CONV_PASS:
		return UPGRADE_KEEP;
	case CONV_ADD:
		if (build(u, c, ev, ev->desc, ev->nparams, ev->params + ev->nparams, err) < 0)
			return UPGRADE_ERROR;
		ev->nparams += c->n;
		break;
	case CONV_CHANGE:
		if (build(u, c, ev, schema_event(c->to), 0, built, err) < 0)
			return UPGRADE_ERROR;
		ev->type = c->to;
		ev->desc = schema_event(c->to);
		ev->nparams = c->n;
		memcpy(ev->params, built, c->n * sizeof built[0]);
		break;
	}
	*again = true;
	return check_size(ev, err) < 0 ? UPGRADE_ERROR : UPGRADE_KEEP;
}

enum upgrade_result upgrader_apply(struct upgrader *u, struct event *ev, struct err *err)
{
	for (int round = 0; round < UPGRADE_MAX_ROUNDS; round++) {
		enum upgrade_result result;
		bool again;

		switch (judge(u, ev, err)) {
		case VERDICT_ERROR:
			return UPGRADE_ERROR;
		case VERDICT_DROP:
			return UPGRADE_DROP;
		case VERDICT_KEEP:
			u->stats->upgraded += round > 0;
			return UPGRADE_KEEP;
		case VERDICT_CONVERT:
			break;
		}
		result = convert(u, ev, &again, err);
		if (result == UPGRADE_KEEP && again)
			continue;
		u->stats->upgraded += result == UPGRADE_KEEP && round > 0;
		return result;
	}
	err_set(err, ERR_FORMAT, "%s event %u does not get current in %d conversions",
		ev->desc->name, ev->type, UPGRADE_MAX_ROUNDS);
	return UPGRADE_ERROR;
}
