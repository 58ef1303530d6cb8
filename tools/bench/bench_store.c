/*
 * How many matches per second the store takes: bench_store DATABASE [MATCHES]
 *
 * Two floods of alerts with twelve fields each.  In the first, 500 processes repeat what they do,
 * as real floods do; in the second, no message and no set of event fields occurs twice.  CPU
 * seconds and wall seconds both count everything up to the end of the run, synced to the disk.
 */
#include "format/base/buf.h"
#include "replay/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { RULES = 25, PROCESSES = 500, FIELDS = 12, THREAD_FIELDS = 9 };

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct flood {
	struct store *store;
	int64_t keys[FIELDS];
	int64_t programs[PROCESSES];
	struct buf text;
};

static int begin(struct flood *f, const char *options, struct err *err)
{
	struct store_rule rules[RULES];
	char names[RULES][24];

	for (int i = 0; i < RULES; i++) {
		snprintf(names[i], sizeof names[i], "rule %d", i);
		rules[i] =
			(struct store_rule){ .name = sv_of(names[i]), .priority = (uint32_t)i % 8 };
	}
	const struct store_run run = { .trace = { SV("bench"), SV("bench") },
				       .rules_sha256 = SV("bench"),
				       .rules = rules,
				       .nrules = RULES,
				       .options = sv_of(options),
				       .tool = SV("bench"),
				       .now_ns = 1 };

	if (store_run_begin(f->store, &run, err) < 0)
		return -1;
	for (int i = 0; i < FIELDS; i++) {
		char name[24];

		snprintf(name, sizeof name, "field.%d", i);
		if (store_key(f->store, sv_of(name), SV("charbuf"), &f->keys[i], err) < 0)
			return -1;
	}
	for (int i = 0; i < PROCESSES; i++) {
		const struct store_process p = { .pid = i + 1 };
		struct store_program g = { .comm = SV("grabber"),
					   .cmdline = SV("grabber /etc/shadow") };

		if (store_process(f->store, &p, &g.process_id, err) < 0 ||
		    store_program(f->store, &g, &f->programs[i], err) < 0)
			return -1;
	}
	return 0;
}

static int put(struct flood *f, uint64_t i, bool distinct, struct err *err)
{
	uint64_t process = i / 7 % PROCESSES, file = distinct ? i : i / 5 % 40;
	struct store_field fields[FIELDS];
	struct buf *text = &f->text;
	size_t ends[FIELDS + 1];

	/* No printf: the benchmark's own work should not count for much. */
	buf_clear(text);
	buf_puts(text, "Sensitive file opened for reading by non-trusted program "
		       "| file=/etc/secret-");
	buf_put_u64(text, file);
	buf_puts(text, " gparent=saker-scn ggparent=bash-guest gggparent=bash-guest "
		       "evt_type=openat user=root user_uid=0 user_loginuid=-1 process=grabber "
		       "proc_exepath=/tmp/grabber parent=timeout command=grabber /etc/secret-");
	buf_put_u64(text, process);
	buf_puts(text, " terminal=0");
	ends[0] = text->n;
	for (uint64_t k = 0; k < FIELDS; k++) {
		buf_puts(text, "\"the value of one field, ");
		buf_put_u64(text, k < THREAD_FIELDS ? process : file);
		buf_putc(text, '"');
		ends[k + 1] = text->n;
	}
	for (size_t k = 0; k < FIELDS; k++)
		fields[k] = (struct store_field){ f->keys[k],
						  { text->p + ends[k], ends[k + 1] - ends[k] } };
	const struct store_match m = { .rule = (uint32_t)(i / 3 % RULES),
				       .evt_num = i + 1,
				       .ts_ns = 1795331059000000000u + i * 1000,
				       .tid = (int64_t)process,
				       .program_id = f->programs[process],
				       .message = { text->p, ends[0] },
				       .thread_fields = fields,
				       .nthread_fields = THREAD_FIELDS,
				       .event_fields = fields + THREAD_FIELDS,
				       .nevent_fields = FIELDS - THREAD_FIELDS };

	return store_match(f->store, &m, err);
}

static int flood(struct flood *f, const char *name, uint64_t n, bool distinct, struct err *err)
{
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
	const struct store_outcome out = { .outcome = "complete", .now_ns = 2 };

	if (begin(f, name, err) < 0)
		return -1;
	for (uint64_t i = 0; i < n; i++) {
		if (put(f, i, distinct, err) < 0)
			return -1;
	}
	if (store_run_end(f->store, &out, err) < 0)
		return -1;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = seconds(CLOCK_MONOTONIC) - wall;
	printf("store %-9s %8llu matches: %8.0f /s CPU, %8.0f /s wall\n", name,
	       (unsigned long long)n, (double)n / cpu, (double)n / wall);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	struct flood f = { 0 };
	struct err err = { 0 };

	if (argc < 2 || n == 0) {
		fprintf(stderr, "usage: bench_store DATABASE [MATCHES]\n");
		return 2;
	}
	unlink(argv[1]);
	int rc = store_open(argv[1], &f.store, &err) < 0 ||
		 flood(&f, "repeating", n, false, &err) < 0 ||
		 flood(&f, "distinct", n, true, &err) < 0;

	store_close(f.store);
	buf_deinit(&f.text);
	if (rc)
		fprintf(stderr, "bench_store: %s\n", err.msg);
	return rc;
}
