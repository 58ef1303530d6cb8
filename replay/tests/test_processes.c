#include "replay/tests/ask.h"

#include "engine/state/state.h"
#include "format/source.h"
#include "replay/processes.h"

#include <stdio.h>
#include <unistd.h>

enum { ARG_MAX_PARAMS = 32 };

/* A host told by hand: records go through the state into the collector, and so into a store. */
struct host {
	char path[64];
	struct store *store;
	struct state *state;
	struct process_watch watch;
	struct processes *processes;
	uint64_t num;
	struct buf text;
};

static void begin_run(struct host *h)
{
	const struct store_run run = { .trace = { SV("t"), SV("t") },
				       .rules_sha256 = SV("r"),
				       .options = SV("{}"),
				       .tool = SV("test"),
				       .now_ns = 1 };
	struct err err = { 0 };

	assert_int_equal(store_run_begin(h->store, &run, &err), 0);
	h->processes = processes_new(h->store);
	h->state = state_new();
}

static int open_host(void **state)
{
	struct host *h = calloc(1, sizeof *h);
	struct err err = { 0 };

	snprintf(h->path, sizeof h->path, "/tmp/saker-processes-XXXXXX");
	close(mkstemp(h->path));
	assert_int_equal(store_open(h->path, &h->store, &err), 0);
	begin_run(h);
	*state = h;
	return 0;
}

static int close_host(void **state)
{
	struct host *h = *state;

	processes_free(h->processes);
	process_watch_deinit(&h->watch);
	state_free(h->state);
	store_close(h->store);
	unlink(h->path);
	buf_deinit(&h->text);
	free(h);
	return 0;
}

static int take(void *processes, const struct process_news *n, struct err *err)
{
	return processes_take(processes, n, err);
}

static void feed(struct host *h, const struct record *rec)
{
	struct err err = { 0 };
	int rc = rec->kind == RECORD_EVENT ? state_event(h->state, &rec->event, &err)
					   : state_meta(h->state, rec, &err);

	if (rc < 0 || process_watch_record(&h->watch, rec, h->state, take, h->processes, &err) < 0)
		fail_msg("%s", err.msg);
}

static void section(struct host *h)
{
	const struct record rec = { .kind = RECORD_SECTION };

	feed(h, &rec);
}

static void listed(struct host *h, int64_t pid, int64_t ppid, const char *comm)
{
	const struct record rec = { .kind = RECORD_PROC,
				    .proc = { .tid = pid,
					      .pid = pid,
					      .ptid = ppid,
					      .sid = -1,
					      .vpgid = -1,
					      .pgid = -1,
					      .vtid = pid,
					      .vpid = pid,
					      .comm = sv_of(comm),
					      .exe = sv_of(comm),
					      .fdlimit = -1,
					      .loginuid = UINT32_MAX } };

	feed(h, &rec);
}

/* Parameters of an event, with room for the numbers among them. */
struct params {
	struct sv p[ARG_MAX_PARAMS];
	char numbers[ARG_MAX_PARAMS][8];
};

static void i64(struct params *a, int i, int64_t v)
{
	memcpy(a->numbers[i], &v, 8);
	a->p[i] = (struct sv){ a->numbers[i], 8 };
}

static void u32(struct params *a, int i, uint32_t v)
{
	memcpy(a->numbers[i], &v, 4);
	a->p[i] = (struct sv){ a->numbers[i], 4 };
}

/* With its NUL. */
static void text(struct params *a, int i, const char *s)
{
	a->p[i] = (struct sv){ s, strlen(s) + 1 };
}

static void event(struct host *h, uint16_t type, int64_t tid, const struct params *a)
{
	struct record rec = { .kind = RECORD_EVENT,
			      .event = { .num = ++h->num,
					 .ts_ns = 1000 * h->num,
					 .tid = tid,
					 .type = type,
					 .desc = schema_event(type),
					 .nparams = schema_event(type)->nparams } };

	for (uint32_t i = 0; i < rec.event.nparams && i < ARG_MAX_PARAMS; i++)
		rec.event.params[i] = a->p[i];
	feed(h, &rec);
}

/* The child's own return from clone. */
static void cloned(struct host *h, int64_t pid, int64_t ppid, const char *comm)
{
	struct params a = { 0 };

	i64(&a, 0, 0);
	text(&a, 1, comm);
	a.p[2] = SV("-c\0");
	i64(&a, 3, pid);
	i64(&a, 4, pid);
	i64(&a, 5, ppid);
	text(&a, 6, "");
	i64(&a, 7, 1024);
	text(&a, 13, comm);
	a.p[14] = SV("");
	u32(&a, 15, 0);
	u32(&a, 16, 0);
	u32(&a, 17, 0);
	i64(&a, 18, pid);
	i64(&a, 19, pid);
	event(h, EV_SYSCALL_CLONE_20_X, pid, &a);
}

static void execed(struct host *h, int64_t pid, int64_t ppid, const char *exe, int64_t res)
{
	struct params a = { 0 };

	i64(&a, 0, res);
	text(&a, 1, exe);
	a.p[2] = SV("/etc/shadow\0");
	i64(&a, 3, pid);
	i64(&a, 4, pid);
	i64(&a, 5, ppid);
	text(&a, 6, "");
	i64(&a, 7, 1024);
	text(&a, 13, exe);
	a.p[14] = SV("");
	a.p[15] = SV("");
	event(h, EV_SYSCALL_EXECVE_19_X, pid, &a);
}

static void exited(struct host *h, int64_t pid, int64_t code)
{
	struct params a = { 0 };

	i64(&a, 0, code << 8);
	i64(&a, 1, code);
	a.p[2] = SV("\0");
	a.p[3] = SV("\0");
	i64(&a, 4, 0);
	event(h, EV_PROCEXIT_1_E, pid, &a);
}

static const char *ask(struct host *h, const char *sql)
{
	const struct store_outcome out = { .outcome = "complete", .now_ns = 2 };
	struct err err = { 0 };

	assert_int_equal(store_run_end(h->store, &out, &err), 0);
	return ask_rows(h->path, sql, &h->text);
}

#define TREE "SELECT tree, pid, ppid, started_ns, ended_ns, execs FROM v_process_tree"

static void the_list_at_the_start_becomes_a_tree(void **state)
{
	struct host *h = *state;

	section(h);
	listed(h, 30, 20, "sh"); /* before its parent */
	listed(h, 1, 0, "init");
	listed(h, 20, 1, "sshd");
	execed(h, 20, 1, "sshd2", -2); /* a failed execve is none */
	assert_string_equal(ask(h, TREE), "init|1|0|NULL|NULL|0\n"
					  "  sshd|20|1|NULL|NULL|0\n"
					  "    sh|30|20|NULL|NULL|0\n");
}

static void clone_exec_and_exit_are_followed(void **state)
{
	struct host *h = *state;

	section(h);
	listed(h, 1, 0, "init");
	cloned(h, 7, 1, "init");
	execed(h, 7, 1, "cat", 0);
	exited(h, 7, 3);
	assert_string_equal(ask(h, TREE), "init|1|0|NULL|NULL|0\n"
					  "  cat /etc/shadow|7|1|1000|3000|1\n");
	assert_string_equal(ask(h, "SELECT exit_code, exit_signal FROM processes WHERE pid = 7"),
			    "3|0\n");
	assert_string_equal(ask(h, "SELECT since_ns, evt_num, comm, cmdline FROM programs "
				   "WHERE process_id = 2"),
			    "1000|1|init|init -c\n2000|2|cat|cat /etc/shadow\n");
}

static void a_pid_that_comes_back_is_another_process(void **state)
{
	struct host *h = *state;

	section(h);
	listed(h, 1, 0, "init");
	for (int i = 0; i < 3; i++) {
		cloned(h, 7, 1, "init");
		exited(h, 7, i);
	}
	assert_string_equal(ask(h, "SELECT exit_code FROM processes WHERE pid = 7 ORDER BY id"),
			    "0\n1\n2\n");
}

static void processes_without_end_do_not_pile_up_in_memory(void **state)
{
	struct host *h = *state;

	section(h);
	listed(h, 1, 0, "init");
	for (int64_t pid = 100; pid < 5100; pid++) {
		cloned(h, pid, 1, "init");
		if (pid % 2)
			exited(h, pid, 0);
	}
	assert_string_equal(ask(h, "SELECT count(*), count(ended_ns), count(parent_id) FROM "
				   "processes"),
			    "5001|2500|5000\n");
}

static void a_new_section_starts_afresh(void **state)
{
	struct host *h = *state;

	section(h);
	listed(h, 1, 0, "init");
	section(h);
	listed(h, 1, 0, "systemd");
	assert_string_equal(ask(h, "SELECT comm FROM v_processes ORDER BY id"), "init\nsystemd\n");
}

static void a_thread_nothing_is_known_of_still_has_a_program(void **state)
{
	struct host *h = *state;
	struct params a = { 0 };
	struct err err = { 0 };
	int64_t program = 0;

	section(h);
	event(h, EV_SYSCALL_GETCWD_X, 99, &a);
	if (h->state->now.thread) {
		const struct lineage who = { .state = h->state, .thread = h->state->now.thread };

		assert_int_equal(processes_program(h->processes, &who, &program, &err), 0);
		assert_int_not_equal(program, 0);
		assert_string_equal(ask(h, "SELECT pid, comm FROM v_processes"), "99|<NA>\n");
	}
}

#define HOST_TEST(f) cmocka_unit_test_setup_teardown(f, open_host, close_host)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(the_list_at_the_start_becomes_a_tree),
		HOST_TEST(clone_exec_and_exit_are_followed),
		HOST_TEST(a_pid_that_comes_back_is_another_process),
		HOST_TEST(processes_without_end_do_not_pile_up_in_memory),
		HOST_TEST(a_new_section_starts_afresh),
		HOST_TEST(a_thread_nothing_is_known_of_still_has_a_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
