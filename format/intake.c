#include "format/intake.h"

int intake_init(struct intake *in, bool upgrade, struct source_stats *stats, struct err *err)
{
	*in = (struct intake){ .stats = stats };
	if (!upgrade)
		return 0;
	in->upgrader = upgrader_new(stats);
	return in->upgrader ? 0 : err_set(err, ERR_NOMEM, "no memory to upgrade events");
}

void intake_deinit(struct intake *in)
{
	upgrader_free(in->upgrader);
	in->upgrader = NULL;
}

void intake_section(struct intake *in)
{
	in->leading = true;
	in->stats->sections++;
	if (in->upgrader)
		upgrader_reset(in->upgrader);
}

void intake_loss(struct intake *in)
{
	in->leading = false;
	in->num++;
}

/* Events that a writer puts behind the lists to complete the state at the start. */
static bool is_state_event(uint16_t type)
{
	return type == EV_CONTAINER_JSON_2_E || type == EV_USER_ADDED_E ||
	       type == EV_USER_DELETED_E || type == EV_GROUP_ADDED_E ||
	       type == EV_GROUP_DELETED_E || type == EV_ASYNCEVENT_E;
}

enum upgrade_result intake_event(struct intake *in, struct event *ev, struct err *err)
{
	if (in->upgrader && !upgrade_keeps(ev->desc, ev->nparams)) {
		enum upgrade_result result = upgrader_apply(in->upgrader, ev, err);

		if (result != UPGRADE_KEEP) {
			in->leading = false;
			return result;
		}
	}
	if (in->leading && !is_state_event(ev->type))
		in->leading = false;
	/*
	 * evt.num counts what the upgrade keeps.  State events at the start of a section other than
	 * the first are not counted by the reference; they carry the number of the event before.
	 */
	if (!(in->leading && in->upgrader && in->stats->sections > 1))
		in->num++;
	ev->num = in->num;
	in->stats->events++;
	return UPGRADE_KEEP;
}

void intake_quiet(struct intake *in, uint32_t n)
{
	in->leading = false;
	in->num += n;
	in->stats->events += n;
}

/* Layout of the rows, for readers of files to come. */
enum { INTAKE_LAYOUT = 1 };

void intake_save(const struct intake *in, struct snapshot *out)
{
	snapshot_begin(out, SNAPSHOT_INTAKE);
	snapshot_put(out, INTAKE_LAYOUT);
	snapshot_put(out, in->num);
	snapshot_put(out, in->stats->sections);
	snapshot_put(out, in->leading);
	if (in->upgrader)
		upgrader_save(in->upgrader, out);
	else
		snapshot_put(out, 0);
}

static void load_rows(struct intake *in, struct snapshot_reader *r)
{
	if (snapshot_take(r) != INTAKE_LAYOUT)
		snapshot_damaged(r, "its layout is of a later version");
	in->num = snapshot_take(r);
	in->stats->sections = snapshot_take(r);
	in->leading = snapshot_take_max(r, 1);
	if (in->upgrader)
		upgrader_load(in->upgrader, r);
	else
		r->rows.n = 0; /* enter events are of no use */
}

int intake_load(struct intake *in, const struct snapshot_view *from, struct err *err)
{
	struct snapshot_reader r;

	if (snapshot_reader_init(&r, from, err) < 0)
		return -1;
	snapshot_reader_begin(&r, from, SNAPSHOT_INTAKE);
	load_rows(in, &r);
	int rc = snapshot_reader_finish(&r, err);
	snapshot_reader_deinit(&r);
	return rc;
}
