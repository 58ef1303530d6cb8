/* The state comes to the same when it sees no other parameters than those it says it needs. */
#include "engine/fields/render.h"
#include "format/sink.h"
#include "format/source.h"
#include "format/tests/test.h"

#include <stdio.h>
#include <unistd.h>

static const char *const traces[] = {
	"testdata/traces/host-small.scap",
	"testdata/traces/container-small.scap.gz",
	"testdata/traces/crafted.scap",
	"testdata/traces/synthetic-every-block.scap",
};

/* Whatever does not read parameters itself. */
static const char *const fields[] = {
	"proc.name",     "proc.exepath",     "proc.cmdline",    "proc.pname",
	"proc.cwd",      "proc.vpid",        "proc.tty",        "proc.vmsize",
	"proc.vmrss",    "thread.pfmajor",   "user.name",       "user.uid",
	"group.gid",     "fd.num",           "fd.type",         "fd.types",
	"fd.cip",        "fd.sip",           "fd.cport",        "fd.sport",
	"fd.l4proto",    "fd.ino",           "fd.connected",    "fd.is_server",
	"proc.fdlimit",  "proc.fdopencount", "proc.stdin.name", "proc.stdout.name",
	"proc.nthreads", "container.id",     "proc.duration",   "thread.cap_effective",
	"proc.env",      "proc.sname",       "fd.name_changed", "proc.is_exe_upper_layer",
};
enum { NFIELDS = sizeof fields / sizeof fields[0] };

struct side {
	struct state *state;
	struct field_ctx ctx;
	struct buf text;
};

static void show(struct side *s, struct field_ref *refs)
{
	struct value v;

	buf_clear(&s->text);
	arena_reset(&s->ctx.scratch);
	for (size_t i = 0; i < NFIELDS; i++) {
		if (field_get(&refs[i], &s->ctx, &v))
			render_value(&s->text, &v, refs[i].def->format);
		buf_putc(&s->text, '|');
	}
}

static void play(const char *path, const struct column_need *need)
{
	struct side all = { .state = state_new() }, few = { .state = state_new() };
	struct field_ref refs[NFIELDS];
	struct arena arena = { 0 };
	struct err err = { 0 };
	struct source *src;
	struct record rec;

	all.ctx.state = all.state;
	few.ctx.state = few.state;
	for (size_t i = 0; i < NFIELDS; i++)
		assert_int_equal(field_parse(sv_of(fields[i]), &arena, &refs[i], &err), 0);
	assert_int_equal(source_open(path, &(struct source_options){ .upgrade = true }, &src, &err),
			 0);
	while (source_next(src, &rec, &err) == NEXT_ITEM) {
		struct event ev;

		if (rec.kind != RECORD_EVENT) {
			assert_int_equal(state_meta(all.state, &rec, &err), 0);
			assert_int_equal(state_meta(few.state, &rec, &err), 0);
			continue;
		}
		ev = rec.event;
		for (uint32_t i = 0; i < ev.nparams; i++)
			if (!(need->params[ev.type] >> i & 1))
				ev.params[i] = (struct sv){ 0 };
		assert_int_equal(state_event(all.state, &rec.event, &err), 0);
		assert_int_equal(state_event(few.state, &ev, &err), 0);
		assert_int_equal(all.state->now.shown, few.state->now.shown);
		show(&all, refs);
		show(&few, refs);
		if (!sv_eq(buf_sv(&all.text), buf_sv(&few.text)))
			fail_msg("%s, event %llu (%s):\n%s\n%s", path, (unsigned long long)ev.num,
				 ev.desc->symbol, buf_cstr(&all.text), buf_cstr(&few.text));
	}
	source_close(src);
	state_free(all.state);
	state_free(few.state);
	buf_deinit(&all.text);
	buf_deinit(&few.text);
	arena_deinit(&all.ctx.scratch);
	arena_deinit(&few.ctx.scratch);
	arena_deinit(&arena);
}

static void the_state_needs_no_other_parameters_than_it_says(void **state)
{
	struct column_need need = { 0 };

	(void)state;
	state_need(&need);
	for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++)
		play(traces[i], &need);
}

static void data_of_reads_and_writes_is_none_of_them(void **state)
{
	struct column_need need = { 0 };

	(void)state;
	state_need(&need);
	assert_int_equal(need.params[EV_SYSCALL_READ_X], 1 << 0 | 1 << 2);
	assert_int_equal(need.params[EV_SYSCALL_WRITE_X], 1 << 0 | 1 << 2);
	assert_int_equal(need.params[EV_PAGE_FAULT_E], 0);
	assert_true(need.params[EV_SYSCALL_EXECVE_19_X] == UINT64_MAX);
}

/* A native copy of a trace, from its first byte. */
static int native_copy(const char *path)
{
	FILE *file = tmpfile();
	struct source *src;
	struct err err = { 0 };
	struct record rec;
	struct sink *out;

	assert_non_null(file);
	assert_int_equal(sink_open(sink_kind_by_name(SV("native")), dup(fileno(file)), "copy",
				   &(struct sink_options){ 0 }, &out, &err),
			 0);
	assert_int_equal(source_open(path, &(struct source_options){ 0 }, &src, &err), 0);
	while (source_next(src, &rec, &err) == NEXT_ITEM)
		assert_int_equal(sink_put(out, &rec, &err), 0);
	source_close(src);
	assert_int_equal(sink_close(out, &err), 0);
	int fd = dup(fileno(file));
	fclose(file);
	return fd;
}

/* The state that a trace comes to; with `quiet`, its quiet events, so many, are taken as such. */
static uint64_t end_state(int fd, const struct column_need *need, bool quiet, uint64_t *events,
			  struct snapshot *out)
{
	struct source_options opt = { .upgrade = true, .need = need };
	struct state *state = state_new();
	struct err err = { 0 };
	struct quiet_run run;
	struct source *src;
	struct record rec;
	uint64_t taken = 0;

	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(source_open_fd(dup(fd), "copy", &opt, &src, &err), 0);
	for (;;) {
		if (quiet && source_quiet(src, &run)) {
			assert_int_equal(state_quiet(state, &run, &err), 0);
			taken += run.n;
			continue;
		}
		if (source_next(src, &rec, &err) != NEXT_ITEM)
			break;
		if (rec.kind == RECORD_EVENT)
			assert_int_equal(state_event(state, &rec.event, &err), 0);
		else
			assert_int_equal(state_meta(state, &rec, &err), 0);
	}
	*events = src->stats.events;
	source_close(src);
	state_save(state, out);
	state_free(state);
	return taken;
}

static void quiet_events_leave_the_same_state_behind(void **state)
{
	struct column_need need = { 0 };
	uint64_t taken = 0;

	(void)state;
	state_need(&need);
	for (uint16_t type = 0; type < EV_COUNT; type++)
		need.quiet[type] = state_is_quiet(type);
	for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
		struct snapshot loud = { 0 }, quiet = { 0 };
		int fd = native_copy(traces[i]);

		uint64_t events, events_quiet;

		assert_int_equal(end_state(fd, &need, false, &events, &loud), 0);
		taken += end_state(fd, &need, true, &events_quiet, &quiet);
		assert_int_equal(events, events_quiet);
		for (int k = 0; k < SNAPSHOT_COLUMNS; k++)
			assert_true(sv_eq(buf_sv(&loud.columns[k]), buf_sv(&quiet.columns[k])));
		close(fd);
		snapshot_deinit(&loud);
		snapshot_deinit(&quiet);
	}
	assert_true(taken > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_needs_no_other_parameters_than_it_says),
		cmocka_unit_test(data_of_reads_and_writes_is_none_of_them),
		cmocka_unit_test(quiet_events_leave_the_same_state_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
