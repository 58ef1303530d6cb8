/* What compiles, what does not and where, and what compiled conditions say of one event. */
#include "engine/filter/filter.h"
#include "engine/tests/scene.h"

#include <stdio.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static int compile(struct program *p, const char *text, struct err *err)
{
	struct arena arena = { 0 };
	struct ast *a;
	uint32_t id;
	int rc = ast_parse(sv_of(text), &arena, &a, err) < 0 ? -1 : program_add(p, a, &id, err);

	arena_deinit(&arena);
	return rc;
}

/* Column at which the condition is refused; 0: it is accepted. */
static const struct {
	const char *text;
	uint32_t col;
} judged[] = {
	/* operators per type */
	{ "proc.pid contains 1", 1 },
	{ "proc.pid in (1, 2)", 0 },
	{ "proc.name pmatch (a)", 0 },
	{ "proc.name bcontains 61", 1 },
	{ "evt.buffer bcontains 61", 0 },
	{ "evt.buffer glob x", 1 },
	{ "evt.is_io < 1", 1 },
	{ "fd.sip < 1", 1 },
	{ "fd.types = a", 1 },
	{ "fd.types in (a)", 0 },
	{ "user.uid exists", 0 },
	/* constants */
	{ "proc.name = x and proc.pid = 0x10", 19 },
	{ "proc.pid = 3.0", 1 },
	{ "proc.pid = ' +3'", 0 },
	{ "proc.pid = '3 '", 1 },
	{ "evt.is_io = 1", 1 },
	{ "fd.sport = https", 0 },
	{ "fd.sport = nosuchservice", 1 },
	{ "fd.sport = 2147483648", 1 },
	{ "fd.sip = 1.2.3", 1 },
	{ "fd.sip = '::1'", 0 },
	{ "fd.sip = '::ffff:1.2.3.4'", 1 },
	{ "fd.snet = 10.0.0.0", 1 },
	{ "fd.snet = 10.0.0.0/33", 1 },
	{ "fd.snet = '::/0'", 1 },
	{ "evt.buffer bcontains 6", 1 },
	{ "proc.name = 'a\\x00b'", 1 },
	{ "evt.buffer = 'a\\x00b'", 0 },
	{ "proc.name regex 'a('", 1 },
	{ "evt.type = nosuchtype", 1 },
	{ "evt.type in (open, container, mq_open)", 0 },
	{ "evt.type startswith op", 1 },
	{ "evt.around[5] = 1", 0 },
	{ "evt.around[5] in (1)", 1 },
	{ "evt.rawarg.data = x", 1 },
	{ "evt.rawarg.data exists", 0 },
	/* fields and macros */
	{ "a.b = 1", 1 },
	{ "proc.name = a or macro", 18 },
	{ "proc.name in names", 0 },
	/* right-hand fields */
	{ "proc.name = val(proc.pname)", 0 },
	{ "proc.name = val(proc.pid)", 1 },
	{ "proc.name in val(fd.types)", 1 },
	{ "proc.name regex val(proc.pname)", 1 },
	{ "proc.name pmatch val(proc.pname)", 1 },
	{ "fd.snet = val(fd.cnet)", 1 },
	{ "proc.aname = val(proc.name)", 1 },
	{ "proc.name = tolower(proc.pname)", 0 },
	{ "proc.name = val(proc.pname)[1]", 1 },
	/* transformers */
	{ "tolower(proc.pid) = 1", 1 },
	{ "tolower(proc.aname) = a", 1 },
	{ "tolower(proc.name, proc.exe) = a", 1 },
	{ "tolower(proc.name)[a] = a", 1 },
	{ "len(proc.name) = 3", 0 },
	{ "len(fd.types) > 1", 0 },
	{ "len(len(proc.name)) = 3", 1 },
	{ "b64(evt.buffer) contains x", 0 },
	{ "b64(proc.pid) = x", 1 },
	{ "join(proc.name) = a", 1 },
	{ "join('-', proc.name) = a", 1 },
	{ "join('-', (proc.name, proc.pid, 'x')) = a", 0 },
	{ "concat(proc.name, '-', 5) = a", 0 },
	{ "concat(proc.name, proc.pid) = a", 1 },
	{ "getopt((proc.args), 'a:') in (a)", 0 },
	{ "getopt((proc.args), 'a:')[a] = x", 0 },
	{ "getopt((proc.args), 'a:')[ab] = x", 1 },
	{ "getopt(proc.args, 'a:') in (a)", 1 },
	{ "len(evt.type) = 4", 1 },
};

static void conditions_are_judged_as_falco_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(judged); i++) {
		struct program *p = program_new();
		struct err err = { 0 };
		int rc = compile(p, judged[i].text, &err);

		if ((rc < 0) != (judged[i].col > 0))
			fail_msg("%s: %s", judged[i].text, rc < 0 ? err.msg : "accepted");
		if (rc < 0 && (err.code != ERR_CHECK || err.pos.col != judged[i].col))
			fail_msg("%s: code %d at column %u: %s", judged[i].text, err.code,
				 err.pos.col, err.msg);
		program_free(p);
	}
}

static void a_value_has_at_most_255_bytes(void **state)
{
	struct program *p = program_new();
	struct err err = { 0 };
	char text[400];

	(void)state;
	snprintf(text, sizeof text, "proc.name = %0255d", 0);
	assert_int_equal(compile(p, text, &err), 0);
	snprintf(text, sizeof text, "proc.name = %0256d", 0);
	assert_int_equal(compile(p, text, &err), -1);
	program_free(p);
}

/* --- one event --- */

/* bash (pid 10, child of sshd 5) opens /etc/shadow. */
static void open_shadow(struct scene *s)
{
	struct proc_entry shell = scene_process(10, 5, "bash");

	shell.args = (struct sv){ "-lc\0--long\0-x\0", 14 };
	scene_open(s);
	scene_add(s, scene_process(1, 0, "init"));
	scene_add(s, scene_process(5, 1, "sshd"));
	scene_add(s, shell);
	do_openat(s, 10, 3, -100, "/etc/shadow", 1);
}

struct hits {
	uint32_t ids[8];
	size_t n;
};

static bool note(void *arg, uint32_t id)
{
	struct hits *h = arg;

	h->ids[h->n++] = id;
	return true;
}

static const struct {
	const char *text;
	bool holds;
} said[] = {
	{ "evt.type = openat", true },
	{ "evt.type != openat", false },
	{ "proc.name = bash", true },
	{ "proc.name = bas", false },
	{ "not proc.name = bash or fd.name startswith /etc/", true },
	{ "proc.name in (sh, bash)", true },
	{ "proc.name in ()", false },
	{ "proc.name = anyof (sh, bash)", true },
	{ "proc.name = oneof (bash, bash)", false },
	{ "proc.name != allof (sh, zsh)", true },
	{ "proc.name = anyof ()", false },
	{ "fd.name contains anyof (shadow, passwd)", true },
	{ "fd.name contains allof (shadow, passwd)", false },
	{ "fd.name icontains SHADOW", true },
	{ "fd.name glob '/e*w'", true },
	{ "fd.name iglob '/E*W'", true },
	{ "fd.name regex '/etc/(shadow|passwd)'", true },
	{ "fd.name pmatch (/usr, /etc)", true },
	{ "fd.name endswith shadow", true },
	{ "fd.num >= 3 and fd.num < 4", true },
	{ "fd.num in (1, 2, 3)", true },
	{ "fd.num in (1, 2, 4, 5, 6, 7, 8, 9, 10, 3)", true },
	{ "proc.aname = sshd", true },
	{ "proc.aname = bash", false },
	{ "proc.aname != sshd", true }, /* init is another ancestor */
	{ "proc.aname[1] = sshd", true },
	{ "proc.aname[7] exists", false },
	{ "proc.apid = 5", true },
	{ "proc.apid in (5)", false }, /* as in Falco */
	{ "proc.pid = 10", true },
	{ "proc.exe = val(proc.name)", true },
	{ "fd.sip = 1.2.3.4", false },
	{ "fd.sip != 1.2.3.4", false },
	{ "not fd.sip = 1.2.3.4", true },
	{ "evt.rawarg.fd = 3", true },
	{ "evt.rawarg.fd in (3)", false }, /* as in Falco */
	{ "evt.rawarg.name = /etc/shadow", true },
	{ "evt.rawarg.name in (/etc/shadow)", true },
	{ "evt.is_open_read = true", true },
	{ "tolower(fd.name) = /etc/shadow", true },
	{ "toupper(proc.name) = BASH", true },
	{ "toupper(proc.name) in (BASH)", true },
	{ "toupper(proc.name) in val(proc.name)", false },
	{ "tolower(proc.name) = val(proc.name)", true },
	{ "proc.name in tolower(proc.name)", false }, /* the right side ends in a NUL */
	{ "basename(fd.name) = shadow", true },
	{ "len(proc.name) = 4", true },
	{ "len((proc.name, 'x', 5)) = 3", true },
	{ "len(()) = 0", true },
	{ "tolower(('A', 'b')) in (a, b)", false }, /* elements end in a NUL */
	{ "join('-', (proc.name, proc.pid, 'x')) = bash-10-x", true },
	{ "join('-', ()) = ''", true },
	{ "concat(proc.name, '@', fd.name) = 'bash@/etc/shadow'", true },
	{ "concat(proc.name, fd.sip.name) exists", false },
	{ "b64('aGVsbG8=') = hello", true },
	{ "b64('aGVsbG8') = hello", true },
	{ "b64('aGVsbG9=') exists", false },
	{ "b64('!') exists", false },
	{ "getopt(('-lc', '--long', '-x'), 'lc:x') in (l, c, '--long', x)", true },
	{ "getopt(('-lc', 'v', '-x'), 'lc:x')[c] = v", true },
	{ "getopt(('-lc', 'v', '-x'), 'lc:x')[x] = x", true },
	{ "getopt(('-l', '--', '-x'), 'lx')[x] exists", false },
	{ "getopt(('-l', 'word', '-x'), 'lx')[x] exists", false },
	{ "getopt(('-c'), 'c:')[c] = ''", true },
	{ "getopt(('-q'), 'c:') in ('?')", true },
	{ "getopt((proc.name), 'c') in ()", true }, /* nothing found: every element is in the set */
	{ "evt.num = 0", false },
	{ "evt.num >= 1", true },
};

static void compiled_conditions_say_what_they_mean(void **state)
{
	struct scene s;

	(void)state;
	open_shadow(&s);
	for (size_t i = 0; i < COUNT(said); i++) {
		struct program *p = program_new();
		struct hits hits = { 0 };
		struct err err = { 0 };

		if (compile(p, said[i].text, &err) < 0) {
			program_free(p);
			if (said[i].holds)
				fail_msg("%s: %s", said[i].text, err.msg);
			continue;
		}
		assert_int_equal(program_seal(p, &err), 0);
		arena_reset(&s.ctx.scratch);
		program_run(p, &s.ctx, note, &hits);
		if (program_test(p, 0, &s.ctx) != said[i].holds || (hits.n == 1) != said[i].holds)
			fail_msg("%s: test %d, run %zu", said[i].text, program_test(p, 0, &s.ctx),
				 hits.n);
		program_free(p);
	}
	scene_close(&s);
}

static void hits_come_in_order_and_stop_on_demand(void **state)
{
	struct program *p = program_new();
	struct hits hits = { 0 };
	struct scene s;

	(void)state;
	open_shadow(&s);
	assert_int_equal(compile(p, "evt.is_open_read = true and proc.name = bash", NULL), 0);
	assert_int_equal(compile(p, "proc.name = zsh", NULL), 0);
	assert_int_equal(compile(p, "proc.name exists", NULL), 0);
	assert_int_equal(compile(p, "evt.is_open_read = true", NULL), 0);
	assert_int_equal(program_seal(p, NULL), 0);
	program_run(p, &s.ctx, note, &hits);
	assert_int_equal(hits.n, 3);
	assert_int_equal(hits.ids[0], 0);
	assert_int_equal(hits.ids[1], 2);
	assert_int_equal(hits.ids[2], 3);
	program_free(p);
	scene_close(&s);
}

static void a_counter_counts_only_where_it_is_reached(void **state)
{
	struct program *p = program_new();
	struct hits hits = { 0 };
	struct scene s;

	(void)state;
	open_shadow(&s);
	/* two counters: the second is reached by bash's events only */
	assert_int_equal(compile(p, "util.cnt >= 4", NULL), 0);
	assert_int_equal(compile(p, "proc.name = bash and util.cnt >= 3", NULL), 0);
	assert_int_equal(program_seal(p, NULL), 0);
	for (int i = 0; i < 4; i++) {
		hits.n = 0;
		do_openat(&s, i == 1 ? 5 : 10, 4 + i, -100, "/etc/passwd", 1);
		program_run(p, &s.ctx, note, &hits);
	}
	assert_int_equal(hits.n, 2);
	program_free(p);
	scene_close(&s);
}

static void what_a_thread_taught_is_forgotten_when_it_changes(void **state)
{
	struct program *p = program_new(), *other = program_new();
	struct hits hits = { 0 };
	struct scene s;

	(void)state;
	open_shadow(&s);
	assert_int_equal(compile(p, "proc.name = bash and proc.aname = sshd", NULL), 0);
	assert_int_equal(compile(other, "proc.name != bash", NULL), 0);
	assert_int_equal(program_seal(p, NULL), 0);
	assert_int_equal(program_seal(other, NULL), 0);
	program_run(p, &s.ctx, note, &hits);
	program_run(other, &s.ctx, note, &hits);
	program_run(p, &s.ctx, note, &hits);
	assert_int_equal(hits.n, 2); /* two programs do not confuse each other */

	/* execve: bash is cat now */
	event_begin(&s, EV_SYSCALL_EXECVE_19_X, 10);
	put_i(&s, 0);
	put_string(&s, "cat");
	put_empty(&s);
	for (int i = 3; i < 6; i++)
		put_i(&s, i == 5 ? 5 : 10);
	put_empty(&s);
	for (int i = 0; i < 6; i++)
		put_empty(&s);
	put_string(&s, "cat");
	event_end(&s);
	hits.n = 0;
	program_run(p, &s.ctx, note, &hits);
	assert_int_equal(hits.n, 0);
	program_run(other, &s.ctx, note, &hits);
	assert_int_equal(hits.n, 1);
	program_free(p);
	program_free(other);
	scene_close(&s);
}

/* --- event types --- */

static size_t types_of(const char *text, uint32_t *first, struct err *err)
{
	struct arena arena = { 0 };
	struct type_set set;
	struct ast *a;
	size_t n = 0;
	int rc;

	assert_int_equal(ast_parse(sv_of(text), &arena, &a, NULL), 0);
	rc = ast_event_types(a, &set, err);
	arena_deinit(&arena);
	if (rc < 0)
		return SIZE_MAX;
	for (uint32_t id = EV_COUNT; id-- > 0;) {
		if (type_set_has(&set, id)) {
			*first = id;
			n++;
		}
	}
	return n;
}

static void event_types_are_told_by_checks_of_the_type(void **state)
{
	uint32_t first;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(types_of("evt.type = open", &first, &err), 2);
	assert_int_equal(first, EV_SYSCALL_OPEN_E);
	assert_int_equal(types_of("evt.type = open and proc.name = x", &first, &err), 2);
	assert_int_equal(types_of("evt.type = open or proc.name = x", &first, &err), EV_COUNT);
	assert_int_equal(types_of("not evt.type = open", &first, &err), EV_COUNT - 2);
	assert_int_equal(types_of("not (evt.type != open or evt.type = close)", &first, &err), 2);
	assert_int_equal(types_of("evt.type = mq_open", &first, &err), 2);
	assert_int_equal(first, EV_GENERIC_E);
	assert_int_equal(types_of("evt.type exists and not evt.type exists", &first, &err), 0);
	assert_int_equal(types_of("evt.type = anyof (open)", &first, &err), EV_COUNT);
	assert_int_equal(types_of("proc.name = x and tolower(evt.type) = open", &first, &err),
			 SIZE_MAX);
	assert_int_equal(err.pos.col, 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions_are_judged_as_falco_does),
		cmocka_unit_test(a_value_has_at_most_255_bytes),
		cmocka_unit_test(compiled_conditions_say_what_they_mean),
		cmocka_unit_test(hits_come_in_order_and_stop_on_demand),
		cmocka_unit_test(a_counter_counts_only_where_it_is_reached),
		cmocka_unit_test(what_a_thread_taught_is_forgotten_when_it_changes),
		cmocka_unit_test(event_types_are_told_by_checks_of_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
