/* The state comes to the same when it sees no other parameters than those it says it needs. */
#include "engine/fields/render.h"
#include "format/source.h"
#include "format/tests/test.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_needs_no_other_parameters_than_it_says),
		cmocka_unit_test(data_of_reads_and_writes_is_none_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
