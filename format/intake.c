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
	if (in->upgrader) {
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
