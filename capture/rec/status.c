#include "capture/rec/status.h"

#include "tools/common/human.h"

#include <inttypes.h>

struct status status_of(const struct meter *m, uint64_t at_ns, uint64_t cpu_ns)
{
	return (struct status){ .at_ns = at_ns,
				.cpu_ns = cpu_ns,
				.events = meter_get(&m->events),
				.lost = meter_get(&m->lost),
				.bytes = meter_get(&m->bytes),
				.files = meter_get(&m->files),
				.saved = meter_get(&m->saved),
				.save_failures = meter_get(&m->save_failures),
				.matches = meter_get(&m->matches),
				.alerts = meter_get(&m->alerts),
				.alerts_lost = meter_get(&m->alerts_lost),
				.waits = meter_get(&m->waits),
				.late = meter_get(&m->late),
				.known = meter_get(&m->known),
				.gone = meter_get(&m->gone),
				.incomplete = meter_get(&m->incomplete),
				.unknown = meter_get(&m->unknown) };
}

static uint64_t span_ns(const struct status *from, const struct status *to)
{
	return to->at_ns > from->at_ns ? to->at_ns - from->at_ns : 1;
}

double status_cpu(const struct status *before, const struct status *now)
{
	return 100.0 * (double)(now->cpu_ns - before->cpu_ns) / (double)span_ns(before, now);
}

void status_line(struct buf *b, const struct status *begun, const struct status *before,
		 const struct status *now, unsigned shed_step)
{
	uint64_t ns = span_ns(before, now);
	double rate = (double)(now->events - before->events) * 1e9 / (double)ns;

	buf_printf(b, "%" PRIu64 " s  ", span_ns(begun, now) / 1000000000);
	human_count(b, (uint64_t)(rate + 0.5));
	buf_puts(b, " events/s  ");
	human_count(b, now->lost);
	buf_puts(b, " lost  ");
	if (now->files) {
		human_bytes(b, now->bytes);
		buf_puts(b, "  ");
	}
	if (now->matches) {
		human_count(b, now->matches);
		buf_puts(b, now->matches == 1 ? " match  " : " matches  ");
	}
	if (now->saved)
		buf_printf(b, "%" PRIu64 " saved  ", now->saved);
	if (now->save_failures)
		buf_printf(b, "%" PRIu64 " NOT SAVED  ", now->save_failures);
	if (now->alerts_lost) {
		human_count(b, now->alerts_lost);
		buf_puts(b, " alerts lost  ");
	}
	if (shed_step)
		buf_printf(b, "shedding %u  ", shed_step);
	buf_printf(b, "cpu %.0f %%", status_cpu(before, now));
}

/* One line per number that is not 0: how things stand beside what was lost. */
static void put_notes(struct buf *b, const struct status *now)
{
	const struct {
		uint64_t n;
		const char *one, *many;
	} notes[] = {
		{ now->known, "event not recorded: what was found at the start tells of it",
		  "events not recorded: what was found at the start tells of them" },
		{ now->gone, "event not recorded: its process ended before it was found",
		  "events not recorded: their processes ended before they were found" },
		{ now->incomplete, "process could be read only in part",
		  "processes could be read only in part" },
		{ now->unknown, "socket could not be read", "sockets could not be read" },
		{ now->late, "event came behind a younger one", "events came behind younger ones" },
		{ now->matches, "match", "matches" },
	};

	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
		if (notes[i].n == 0)
			continue;
		human_count(b, notes[i].n);
		buf_printf(b, " %s\n", notes[i].n == 1 ? notes[i].one : notes[i].many);
	}
}

void status_summary(struct buf *b, const struct status *begun, const struct status *now)
{
	uint64_t events = now->events ? now->events : 1;

	human_count(b, now->events);
	buf_puts(b, now->events == 1 ? " event in " : " events in ");
	human_duration(b, span_ns(begun, now));
	buf_puts(b, ", ");
	human_count(b, now->lost);
	buf_puts(b, " lost");
	if (now->files) {
		buf_puts(b, ", ");
		human_bytes(b, now->bytes);
		buf_printf(b, " (%.1f bytes per event)", (double)now->bytes / (double)events);
	}
	if (now->files > 1)
		buf_printf(b, " in %" PRIu64 " files", now->files);
	buf_printf(b, ", %.2f us of CPU per event\n",
		   (double)(now->cpu_ns - begun->cpu_ns) / 1e3 / (double)events);
	put_notes(b, now);
	if (now->waits && now->lost) {
		human_count(b, now->waits);
		buf_puts(b,
			 " times there was no free buffer: the disk or the rules are too slow\n");
	}
	if (now->saved)
		buf_printf(b, "%" PRIu64 " file%s saved\n", now->saved, now->saved == 1 ? "" : "s");
	if (now->alerts_lost) {
		human_count(b, now->alerts_lost);
		buf_puts(b, " alerts could not be delivered\n");
	}
}
