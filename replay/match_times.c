#include "replay/match_times.h"

#include "format/trace/varint.h"

void match_times_add(struct match_times *t, uint64_t ts_ns)
{
	if (t->steps.n >= MATCH_TIMES_MAX_BYTES || t->steps.failed) {
		t->incomplete = true;
		return;
	}
	buf_put_varint(&t->steps, zigzag((int64_t)(ts_ns - t->last_ns)));
	t->last_ns = ts_ns;
	t->incomplete |= t->steps.failed;
}

uint64_t match_times_within(const struct match_times *t, const struct loss_gap *gaps, size_t n)
{
	struct sv rest = buf_sv(&t->steps);
	uint64_t ts_ns = 0, within = 0, step;

	if (n == 0)
		return 0;
	while (sv_take_varint(&rest, &step)) {
		ts_ns += (uint64_t)unzigzag(step);
		within += loss_gaps_hold(gaps, n, ts_ns);
	}
	return within;
}

void match_times_clear(struct match_times *t)
{
	buf_clear(&t->steps);
	t->steps.failed = false;
	t->last_ns = 0;
	t->incomplete = false;
}

void match_times_deinit(struct match_times *t)
{
	buf_deinit(&t->steps);
}
