#include "format/trace/block_layout.h"
#include "format/trace/varint.h"

int block_head_take(struct sv *in, struct block_head *out, struct err *err)
{
	uint64_t events, ntypes, total = 0;
	struct sv times;

	if (!sv_take_varint(in, &events) || !sv_take(in, 32, &times) ||
	    !sv_take_varint(in, &ntypes))
		return err_set(err, ERR_FORMAT, "a block's summary ends early");
	if (events == 0 || events > BLOCK_MAX_EVENTS || ntypes > EV_COUNT)
		return err_set(err, ERR_FORMAT, "a block of %llu events and %llu types",
			       (unsigned long long)events, (unsigned long long)ntypes);
	out->sum = (struct block_summary){
		.events = (uint32_t)events,
		.first_ts_ns = get_le64(times.p),
		.last_ts_ns = get_le64(times.p + 8),
		.min_ts_ns = get_le64(times.p + 16),
		.max_ts_ns = get_le64(times.p + 24),
	};
	out->ntypes = (uint32_t)ntypes;
	for (uint32_t i = 0; i < ntypes; i++) {
		uint64_t type, count, nparams;

		if (!sv_take_varint(in, &type) || !sv_take_varint(in, &count) ||
		    !sv_take_varint(in, &nparams))
			return err_set(err, ERR_FORMAT, "a block's summary ends early");
		if (type >= EV_COUNT || (i > 0 && type <= out->types[i - 1].type) || count == 0 ||
		    count > events || nparams > EVENT_MAX_PARAMS)
			return err_set(err, ERR_FORMAT,
				       "a block's summary lists type %llu, %llu times with %llu "
				       "parameters",
				       (unsigned long long)type, (unsigned long long)count,
				       (unsigned long long)nparams);
		out->types[i] =
			(struct type_row){ (uint32_t)type, (uint32_t)count, (uint32_t)nparams };
		out->sum.counts[type] = (uint32_t)count;
		total += count;
	}
	if (total != events)
		return err_set(err, ERR_FORMAT, "a block of %llu events counts %llu by type",
			       (unsigned long long)events, (unsigned long long)total);
	return 0;
}

int block_read_summary(struct sv payload, struct block_summary *out, struct err *err)
{
	struct block_head head;

	if (block_head_take(&payload, &head, err) < 0)
		return -1;
	*out = head.sum;
	return 0;
}
