#include "format/scap/event_block.h"

#include <inttypes.h>

/* Where things are in an event header. */
enum { EV_TS = 0, EV_TID = 8, EV_LEN = 16, EV_TYPE = 20, EV_NPARAMS = 22 };

/*
 * V1 headers do not say how many parameters follow.  Start with as many as the vocabulary has and
 * take away until lengths and data fill the event exactly.
 */
static int deduce_nparams(struct sv lens_and_data, const struct event_desc *desc, uint32_t *out,
			  struct err *err)
{
	for (uint32_t n = desc->nparams + 1u; n-- > 0;) {
		size_t sum = 2 * (size_t)n;

		if (sum > lens_and_data.n)
			continue;
		for (uint32_t i = 0; i < n; i++)
			sum += get_le16(lens_and_data.p + 2 * (size_t)i);
		if (sum == lens_and_data.n) {
			*out = n;
			return 0;
		}
		if (sum < lens_and_data.n)
			break;
	}
	return err_set(err, ERR_FORMAT, "the parameters of %s event %u do not fill its %zu bytes",
		       desc->name, desc->id, lens_and_data.n);
}

/* Cut n views off `data`, as long as the lengths at `lens` say. */
static int split(struct event *ev, const char *lens, uint32_t n, size_t len_size, struct sv data,
		 struct err *err)
{
	ev->nparams = n < EVENT_MAX_PARAMS ? n : EVENT_MAX_PARAMS;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = len_size == 2 ? get_le16(lens + 2 * (size_t)i)
					     : get_le32(lens + 4 * (size_t)i);
		if (len > data.n)
			return err_set(err, ERR_FORMAT,
				       "parameter %" PRIu32 " of %s event %u has %" PRIu32
				       " bytes, %zu left in the event",
				       i, ev->desc->name, ev->type, len, data.n);
		if (i < EVENT_MAX_PARAMS)
			ev->params[i] = (struct sv){ data.p, len };
		data.p += len;
		data.n -= len;
	}
	return 0;
}

static int decode_v1(struct sv event, struct event *ev, struct err *err)
{
	/* Two notification events were written three bytes longer than they are. */
	uint32_t surplus =
		ev->type == EV_NOTIFICATION_E || ev->type == EV_INFRASTRUCTURE_EVENT_E ? 3 : 0;
	uint32_t len = get_le32(event.p + EV_LEN);
	uint32_t nparams = 0;

	if (len < EVENT_HEADER_V1 + surplus || len - surplus > event.n)
		return err_set(err, ERR_FORMAT,
			       "%s event %u of %" PRIu32 " bytes, %d to %zu expected",
			       ev->desc->name, ev->type, len, EVENT_HEADER_V1, event.n);

	struct sv rest = { event.p + EVENT_HEADER_V1, len - surplus - EVENT_HEADER_V1 };
	if (deduce_nparams(rest, ev->desc, &nparams, err) < 0)
		return -1;
	return split(ev, rest.p, nparams, 2,
		     (struct sv){ rest.p + 2 * (size_t)nparams, rest.n - 2 * (size_t)nparams },
		     err);
}

static int decode_v2(struct sv event, struct event *ev, struct err *err)
{
	size_t len_size = ev->desc->flags & EF_LARGE_PAYLOAD ? 4 : 2;
	uint32_t len = get_le32(event.p + EV_LEN);
	uint32_t nparams = get_le32(event.p + EV_NPARAMS);

	if (len < EVENT_HEADER_V2 || len > event.n)
		return err_set(err, ERR_FORMAT,
			       "%s event %u of %" PRIu32 " bytes, %d to %zu expected",
			       ev->desc->name, ev->type, len, EVENT_HEADER_V2, event.n);

	struct sv rest = { event.p + EVENT_HEADER_V2, len - EVENT_HEADER_V2 };
	if (nparams > rest.n / len_size)
		return err_set(err, ERR_FORMAT,
			       "%s event %u has %" PRIu32
			       " parameters, %zu bytes for their lengths",
			       ev->desc->name, ev->type, nparams, rest.n);
	return split(ev, rest.p, nparams, len_size,
		     (struct sv){ rest.p + nparams * len_size, rest.n - nparams * len_size }, err);
}

enum event_block_result event_block_decode(const struct block_type *type, struct sv body,
					   struct event *ev, struct err *err)
{
	size_t head = type->flags ? 6 : 2;
	size_t header = type->version == 1 ? EVENT_HEADER_V1 : EVENT_HEADER_V2;

	if (body.n < head + header) {
		err_set(err, ERR_FORMAT, "%s block with a body of %zu bytes, at least %zu expected",
			type->name, body.n, head + header);
		return EVENT_BLOCK_BAD;
	}
	ev->cpu = get_le16(body.p);
	ev->flags = type->flags ? get_le32(body.p + 2) : 0;

	struct sv event = { body.p + head, body.n - head };
	ev->ts_ns = get_le64(event.p + EV_TS);
	ev->tid = (int64_t)get_le64(event.p + EV_TID);
	ev->type = get_le16(event.p + EV_TYPE);
	ev->desc = schema_event(ev->type);
	if (!ev->desc)
		return EVENT_BLOCK_NEWER;
	if ((type->version == 1 ? decode_v1 : decode_v2)(event, ev, err) < 0)
		return EVENT_BLOCK_BAD;
	return EVENT_BLOCK_OK;
}
