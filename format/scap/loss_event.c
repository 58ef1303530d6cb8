#include "format/scap/loss_event.h"

#include <inttypes.h>

enum { LOSS_CLASS_MAX = 255 }; /* what goes beyond is cut */

static const char loss_id[] = "saker.loss";

/* "count=7 cpu=all from=12 to=? class=syscall": a question mark where nobody knows. */
static void put_text(struct buf *b, const struct loss_entry *l)
{
	if (l->count)
		buf_printf(b, "count=%" PRIu64, l->count);
	else
		buf_puts(b, "count=?");
	if (l->cpu == LOSS_ALL_CPUS)
		buf_puts(b, " cpu=all");
	else
		buf_printf(b, " cpu=%" PRIu32, l->cpu);
	if (l->from_ns)
		buf_printf(b, " from=%" PRIu64, l->from_ns);
	else
		buf_puts(b, " from=?");
	if (l->to_ns != UINT64_MAX)
		buf_printf(b, " to=%" PRIu64, l->to_ns);
	else
		buf_puts(b, " to=?");
	buf_puts(b, " class=");
	buf_put(b, l->what.p, l->what.n < LOSS_CLASS_MAX ? l->what.n : LOSS_CLASS_MAX);
	buf_putc(b, '\0');
}

void loss_event_make(const struct loss_entry *loss, struct buf *text, struct event *out)
{
	buf_clear(text);
	put_text(text, loss);
	*out = (struct event){
		.ts_ns = loss->to_ns != UINT64_MAX ? loss->to_ns : loss->from_ns,
		.tid = -1,
		.type = EV_NOTIFICATION_E,
		.cpu = loss->cpu <= UINT16_MAX ? (uint16_t)loss->cpu : 0,
		.nparams = 2,
		.desc = schema_event(EV_NOTIFICATION_E),
		.params = { { loss_id, sizeof loss_id }, buf_sv(text) },
	};
}

/* "NAME=VALUE" and the blank behind it; *value: unknown when it is `word`. */
static bool take_number(struct sv *in, struct sv name, struct sv word, uint64_t unknown,
			uint64_t *value)
{
	struct sv skipped;
	uint64_t v = 0;
	size_t n = 0;

	if (!sv_starts(*in, name) || !sv_take(in, name.n, &skipped))
		return false;
	if (sv_starts(*in, word)) {
		*value = unknown;
		return sv_take(in, word.n, &skipped);
	}
	for (; n < in->n && in->p[n] >= '0' && in->p[n] <= '9'; n++) {
		if (v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(in->p[n] - '0');
	}
	*value = v;
	return n > 0 && sv_take(in, n, &skipped);
}

static bool parse_text(struct sv in, struct loss_entry *out)
{
	uint64_t cpu;
	struct sv skipped;

	if (!take_number(&in, SV("count="), SV("?"), 0, &out->count) ||
	    !take_number(&in, SV(" cpu="), SV("all"), LOSS_ALL_CPUS, &cpu) || cpu > UINT32_MAX ||
	    !take_number(&in, SV(" from="), SV("?"), 0, &out->from_ns) ||
	    !take_number(&in, SV(" to="), SV("?"), UINT64_MAX, &out->to_ns) ||
	    !sv_starts(in, SV(" class=")) || !sv_take(&in, sizeof " class=" - 1, &skipped))
		return false;
	out->cpu = (uint32_t)cpu;
	out->what = in;
	return true;
}

bool loss_event_parse(const struct event *ev, struct buf *scratch, struct loss_entry *out)
{
	struct event same;
	struct sv text;

	if (ev->type != EV_NOTIFICATION_E || ev->nparams != 2 || ev->flags ||
	    !sv_eq(ev->params[0], (struct sv){ loss_id, sizeof loss_id }) ||
	    !event_text(ev, 1, &text) || text.n + 1 != ev->params[1].n || !parse_text(text, out))
		return false;
	/* Whatever was not written by us stays the event that it is: copies are exact. */
	loss_event_make(out, scratch, &same);
	return !scratch->failed && sv_eq(ev->params[1], same.params[1]) &&
	       ev->ts_ns == same.ts_ns && ev->tid == same.tid && ev->cpu == same.cpu;
}
