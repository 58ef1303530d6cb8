#include "capture/driver_ring.h"

#include <stdlib.h>
#include <time.h>

/*
 * A time below which no record can still turn up is found like this: read the clock, then every
 * CPU's busy mark and head.  A CPU that was not busy takes the time of its next record later than
 * we read the clock; the slack covers stores that are still on their way.
 */
enum { SLACK_NS = 50 * 1000, SPINS = 200, NAP_NS = 100 * 1000 * 1000 };

struct ring {
	struct wire_cpu *cpu;
	const char *base;
	uint64_t at;    /* the next record to hand out */
	uint64_t freed; /* told to the driver as read */
	uint64_t head;  /* written so far, as of the last refresh */
	uint64_t ts;    /* of the record at `at`; UINT64_MAX: none */
};

uint64_t ring_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* The clock of records stands still while the machine is suspended; this one does not. */
static uint64_t asleep_ns(uint64_t now)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec - now;
}

/* The smallest of a few differences is the one that nothing interrupted. */
static uint64_t epoch_offset(void)
{
	uint64_t best = 0, best_width = UINT64_MAX;

	for (int i = 0; i < 16; i++) {
		uint64_t before = ring_clock_ns(), after;
		struct timespec ts;

		clock_gettime(CLOCK_REALTIME, &ts);
		after = ring_clock_ns();
		if (after - before < best_width) {
			best_width = after - before;
			best = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec -
			       (before + (after - before) / 2);
		}
	}
	return best;
}

static inline uint64_t load_u64(const __u64 *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

int ring_reader_init(struct ring_reader *rr, const struct driver_memory *mem, struct err *err)
{
	size_t ring_bytes = mem->layout.ring_bytes;

	*rr = (struct ring_reader){ .mem = *mem, .epoch_offset = epoch_offset() };
	rr->asleep = asleep_ns(ring_clock_ns());
	rr->rings = calloc(mem->ncpus, sizeof *rr->rings);
	if (!rr->rings)
		return err_set(err, ERR_NOMEM, "no memory for %u rings", mem->ncpus);
	for (uint32_t i = 0; i < mem->ncpus; i++) {
		rr->rings[i] = (struct ring){ .cpu = &mem->cpus[i],
					      .base = mem->rings + ring_bytes * i,
					      .ts = UINT64_MAX };
	}
	return 0;
}

void ring_reader_deinit(struct ring_reader *rr)
{
	free(rr->rings);
	rr->rings = NULL;
}

static const char *ring_bytes_at(const struct ring_reader *rr, const struct ring *r)
{
	return r->base + (r->at & (rr->mem.layout.ring_bytes - 1));
}

/* Put r->ts to the time of the record at r->at, past what a full chunk left over. */
static void look_ahead(const struct ring_reader *rr, struct ring *r)
{
	while (r->at < r->head) {
		const char *p = ring_bytes_at(rr, r);
		struct wire_record head;

		memcpy(&head, p, 8);
		if (head.type != WIRE_SKIP) {
			r->ts = get_le64(p + offsetof(struct wire_record, ts_ns));
			return;
		}
		if (head.size == 0 || head.size > r->head - r->at)
			break;
		r->at += head.size;
	}
	r->ts = UINT64_MAX;
}

static void free_read(struct ring *r)
{
	if (r->freed == r->at)
		return;
	r->freed = r->at;
	__atomic_store_n(&r->cpu->tail, r->at, __ATOMIC_RELEASE);
}

/* Let the other half of a core work. */
static void relax(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* A CPU in the middle of a record needs some 100 ns; one that is not running takes its time. */
static bool wait_until_idle(const struct wire_cpu *cpu)
{
	for (int i = 0; i < SPINS; i++) {
		if (!__atomic_load_n(&cpu->busy, __ATOMIC_ACQUIRE))
			return true;
		relax();
	}
	return false;
}

/* What happened before the machine slept has been handed out, but for a moment's worth. */
static void wake_up(struct ring_reader *rr, uint64_t now)
{
	uint64_t asleep = asleep_ns(now);

	if (asleep > rr->asleep + NAP_NS) {
		rr->epoch_offset += asleep - rr->asleep;
		rr->asleep = asleep;
	}
}

bool ring_reader_refresh(struct ring_reader *rr)
{
	uint64_t now = ring_clock_ns(), limit = now - SLACK_NS;
	bool any = false;

	wake_up(rr, now);
	for (uint32_t i = 0; i < rr->mem.ncpus; i++) {
		struct ring *r = &rr->rings[i];
		bool idle = wait_until_idle(r->cpu);

		free_read(r);
		r->head = load_u64(&r->cpu->head);
		look_ahead(rr, r);
		if (!idle) /* its next record may be as old as the one before it */
			limit = limit < rr->last_ts ? limit : rr->last_ts;
		any |= r->ts != UINT64_MAX;
	}
	rr->now = NULL;
	if (rr->ended)
		limit = UINT64_MAX - 1;
	if (limit > rr->limit)
		rr->limit = limit;
	return any;
}

bool ring_reader_drained(const struct ring_reader *rr)
{
	for (uint32_t i = 0; i < rr->mem.ncpus; i++) {
		const struct ring *r = &rr->rings[i];

		if (r->at != load_u64(&r->cpu->head) ||
		    __atomic_load_n(&r->cpu->busy, __ATOMIC_ACQUIRE))
			return false;
	}
	return true;
}

/* Choose the ring with the oldest record, and until when it stays the oldest. */
static bool choose_ring(struct ring_reader *rr)
{
	uint64_t best = UINT64_MAX, second = UINT64_MAX;

	rr->now = NULL;
	for (uint32_t i = 0; i < rr->mem.ncpus; i++) {
		struct ring *r = &rr->rings[i];

		if (r->ts < best) {
			second = best;
			best = r->ts;
			rr->now = r;
		} else if (r->ts < second) {
			second = r->ts;
		}
	}
	if (best > rr->limit)
		rr->now = NULL;
	rr->now_until = second < rr->limit ? second : rr->limit;
	return rr->now;
}

static int decode(const struct ring_reader *rr, const struct ring *r, struct event *ev,
		  struct err *err)
{
	const char *p = ring_bytes_at(rr, r), *len, *bytes, *end;
	uint64_t chunk_left =
		rr->mem.layout.chunk_bytes - (r->at & (rr->mem.layout.chunk_bytes - 1));
	struct wire_record head;

	memcpy(&head, p, sizeof head);
	len = p + sizeof head;
	bytes = len + 2 * (size_t)head.nparams;
	end = p + head.size;
	if (head.size % 8 != 0 || head.size < sizeof head || head.size > r->head - r->at ||
	    head.size > chunk_left || bytes > end || head.nparams > EVENT_MAX_PARAMS ||
	    head.type >= EV_COUNT)
		goto bad;
	ev->ts_ns = head.ts_ns + rr->epoch_offset;
	ev->tid = (int64_t)head.tid;
	ev->type = head.type;
	ev->cpu = (uint16_t)(r - rr->rings);
	ev->flags = head.flags & WIRE_COMPAT ? EVENT_COMPAT : 0;
	ev->nparams = head.nparams;
	ev->desc = schema_event(head.type);
	for (uint32_t i = 0; i < head.nparams; i++, len += 2) {
		size_t n = get_le16(len);

		if (n > (size_t)(end - bytes))
			goto bad;
		ev->params[i] = (struct sv){ bytes, n };
		bytes += n;
	}
	return (int)head.size;
bad:
	return err_set(err, ERR_FORMAT,
		       "the driver wrote a record of type %u and %u bytes on CPU %u", head.type,
		       head.size, (unsigned)(r - rr->rings));
}

enum next ring_reader_next(struct ring_reader *rr, struct event *ev, struct err *err)
{
	struct ring *r = rr->now;
	int size;

	if (!r || r->ts > rr->now_until) {
		if (!choose_ring(rr))
			return NEXT_IDLE;
		r = rr->now;
	}
	if (r->at - r->freed > rr->mem.layout.ring_bytes / 16)
		free_read(r);
	size = decode(rr, r, ev, err);
	if (size < 0)
		return NEXT_ERROR;
	rr->late += r->ts < rr->last_ts;
	rr->last_ts = r->ts;
	r->at += (uint64_t)size;
	look_ahead(rr, r);
	return NEXT_ITEM;
}
