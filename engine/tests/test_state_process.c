/* Threads: who made whom, what they run, and where they go. */
#include "engine/tests/play.h"

static void unknown_threads_get_a_placeholder(void **state)
{
	struct play *p = *state;

	play(p, EV_SYSCALL_GETCWD_X, 99, "qs", INT64_C(1), "/x");
	const struct thread *t = p->s->now.thread;
	assert_true(thread_is_placeholder(t));
	assert_sv(text_sv(t->comm), "<NA>");
	assert_int_equal(t->uid, UINT32_MAX);
	assert_sv(thread_cwd(t), "./");
	/* The end of a thread, or a switch to it, is no reason to invent it. */
	play(p, EV_PROCEXIT_1_E, 98, "qqbbq", INT64_C(0), INT64_C(0), 0u, 0u, INT64_C(0));
	assert_null(p->s->now.thread);
	play(p, EV_SCHEDSWITCH_6_E, 97, "qqqddd", INT64_C(1), UINT64_C(0), UINT64_C(0), 0u, 0u, 0u);
	assert_null(p->s->now.thread);
}

static void listed_threads_are_linked_with_their_parents(void **state)
{
	struct play *p = *state;

	/* The child comes first. */
	PLAY_PROC(p, 20, 10, "child");
	PLAY_PROC(p, 10, 1, "parent");
	play(p, EV_SYSCALL_GETCWD_X, 20, "qs", INT64_C(1), "/");
	assert_ptr_equal(state_parent(p->s, play_thread(p, 20)), play_thread(p, 10));
	/* A parent that is not there is none. */
	assert_int_equal(play_thread(p, 10)->ptid, 0);
	assert_sv(thread_cwd(play_thread(p, 10)), "/home/");
}

static void the_caller_of_a_clone_makes_the_child(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play_meta(p, (struct record){
			     .kind = RECORD_FD,
			     .fd = { .tid = 10, .fd = 3, .type = FD_FILE, .name = SV("/x") } });
	play_clone(p, 10, 20, 10, 1, 0);
	const struct thread *t = play_thread(p, 20);
	assert_int_equal(t->pid, 20);
	assert_int_equal(t->ptid, 10);
	assert_sv(text_sv(t->args), "-c\0ls\0");
	assert_sv(text_sv(t->cgroups), "cpu=/a\0memory=/b\0");
	assert_int_equal(t->clone_ts, p->ts_ns);
	assert_sv(text_sv(play_fd(p, 20, 3)->name), "/x");
	assert_sv(thread_cwd(t), "/home/");
	/* Its own exit then changes nothing. */
	play_clone(p, 20, 0, 20, 10, 0);
	assert_ptr_equal(play_thread(p, 20), t);
}

static void a_child_may_tell_of_itself_first(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play_clone(p, 20, 0, 20, 10, CL_CHILD_IN_PIDNS);
	const struct thread *t = play_thread(p, 20);
	assert_true(t->flags & CL_CLONE_INVERTED);
	play_clone(p, 10, 20, 10, 1, 0);
	assert_ptr_equal(play_thread(p, 20), t);
}

static void after_vfork_only_the_child_tells(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play_clone(p, 10, 20, 10, 1, CL_CLONE_VFORK);
	assert_null(state_thread(p->s, 20));
}

static void a_child_that_is_already_gone_is_not_made_again(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play_clone(p, 20, 0, 20, 10, 0);
	play(p, EV_PROCEXIT_1_E, 20, "qqbbq", INT64_C(0), INT64_C(0), 0u, 0u, INT64_C(0));
	/* The exit itself still sees the thread. */
	assert_non_null(p->s->now.thread);
	play_clone(p, 10, 20, 10, 1, 0);
	assert_null(state_thread(p->s, 20));
}

static void threads_share_what_belongs_to_their_process(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "java");
	play_clone(p, 10, 11, 10, 1, CL_CLONE_THREAD);
	const struct thread *t = play_thread(p, 11);
	assert_int_equal(t->pid, 10);
	assert_int_equal(t->ptid, play_thread(p, 10)->ptid);
	assert_int_equal(thread_group_size(t), 2);
	play(p, EV_SYSCALL_OPEN_X, 11, "qsdddq", INT64_C(3), "a", 1u, 0u, 0u, UINT64_C(0));
	assert_sv(text_sv(play_fd(p, 10, 3)->name), "/home/a");
	play(p, EV_SYSCALL_CHDIR_X, 10, "qs", INT64_C(0), "/etc");
	assert_sv(thread_cwd(t), "/etc/");
	/* The leader's end leaves the process open for the others. */
	play(p, EV_PROCEXIT_1_E, 10, "qqbbq", INT64_C(0), INT64_C(0), 0u, 0u, INT64_C(0));
	play(p, EV_SYSCALL_GETCWD_X, 11, "qs", INT64_C(-1), "");
	assert_int_equal(thread_group_size(play_thread(p, 11)), 1);
	assert_true(thread_is_dead(play_thread(p, 10)));
	play(p, EV_PROCEXIT_1_E, 11, "qqbbq", INT64_C(0), INT64_C(0), 0u, 0u, INT64_C(0));
	play(p, EV_DROP_E, -1, "d", 0u);
	assert_null(state_thread(p->s, 10));
	assert_null(state_thread(p->s, 11));
}

static void orphans_go_to_the_reaper_that_the_kernel_told(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 1, 0, "init");
	PLAY_PROC(p, 5, 1, "manager");
	PLAY_PROC(p, 10, 5, "sh");
	PLAY_PROC(p, 20, 10, "job");
	PLAY_PROC(p, 30, 20, "part");
	play(p, EV_PROCEXIT_1_E, 10, "qqbbq", INT64_C(0), INT64_C(0), 0u, 0u, INT64_C(5));
	play(p, EV_DROP_E, -1, "d", 0u);
	assert_int_equal(play_thread(p, 20)->ptid, 5);
	/* And untold to the nearest reaper. */
	play(p, EV_PROCEXIT_1_E, 20, "qqbb", INT64_C(0), INT64_C(0), 0u, 0u);
	play(p, EV_DROP_E, -1, "d", 0u);
	assert_int_equal(play_thread(p, 30)->ptid, 5);
}

static void a_child_subreaper_takes_orphans(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 1, 0, "init");
	PLAY_PROC(p, 5, 1, "manager");
	PLAY_PROC(p, 10, 5, "sh");
	PLAY_PROC(p, 20, 10, "job");
	play(p, EV_SYSCALL_PRCTL_X, 5, "qdsq", INT64_C(0), 36u, "", INT64_C(1));
	play(p, EV_PROCEXIT_1_E, 10, "qqbbq", INT64_C(0), INT64_C(0), 0u, 0u, INT64_C(-1));
	play(p, EV_DROP_E, -1, "d", 0u);
	assert_int_equal(play_thread(p, 20)->ptid, 5);
}

static void execve_replaces_the_program(void **state)
{
	struct play *p = *state;
	const struct text *before;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/a", 1u, 0u, 0u, UINT64_C(0));
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(4), "/b", 1u << 12, 0u, 0u, UINT64_C(0));
	before = play_thread(p, 10)->root;
	play_exec(p, 10, "/bin/ls (deleted)", "ls");
	const struct thread *t = play_thread(p, 10);
	assert_sv(text_sv(t->comm), "ls");
	assert_sv(text_sv(t->exepath), "/bin/ls");
	assert_sv(thread_env(t), "HOME=/root\0A=b\0");
	assert_int_equal(t->uid, 1000);
	assert_int_equal(t->gid, 100);
	assert_int_equal(t->exe_ino, 99);
	assert_int_equal(t->lastexec_ts, p->ts_ns);
	assert_ptr_equal(t->root, before);
	assert_non_null(play_fd(p, 10, 3));
	assert_null(play_fd(p, 10, 4));
}

static void execve_leaves_only_the_leader(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "java");
	play_clone(p, 10, 11, 10, 1, CL_CLONE_THREAD);
	play_clone(p, 10, 12, 10, 1, CL_CLONE_THREAD);
	play_exec(p, 10, "/bin/ls", "ls");
	assert_int_equal(thread_group_size(play_thread(p, 10)), 1);
	assert_null(state_thread(p->s, 11));
	assert_null(state_thread(p->s, 12));
}

static void a_failed_execve_changes_nothing(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_EXECVE_19_X, 10, "qs", INT64_C(-2), "/bin/ls");
	assert_sv(text_sv(play_thread(p, 10)->comm), "sh");
}

static void ids_change_only_when_the_call_succeeds(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "su");
	play(p, EV_SYSCALL_SETUID_X, 10, "qd", INT64_C(-1), 7u);
	assert_int_equal(play_thread(p, 10)->uid, 0);
	play(p, EV_SYSCALL_SETUID_X, 10, "qd", INT64_C(0), 7u);
	assert_int_equal(play_thread(p, 10)->uid, 7);
	play(p, EV_SYSCALL_SETRESUID_X, 10, "qddd", INT64_C(0), 1u, UINT32_MAX, 3u);
	assert_int_equal(play_thread(p, 10)->uid, UINT32_MAX);
	play(p, EV_SYSCALL_SETREGID_X, 10, "qdd", INT64_C(0), 1u, 5u);
	assert_int_equal(play_thread(p, 10)->gid, 5);
	play(p, EV_SYSCALL_SETSID_X, 10, "q", INT64_C(10));
	assert_int_equal(play_thread(p, 10)->sid, 10);
	play(p, EV_SYSCALL_CAPSET_X, 10, "qqqq", INT64_C(0), UINT64_C(1), UINT64_C(2), UINT64_C(3));
	assert_int_equal(play_thread(p, 10)->cap_effective, 3);
	play(p, EV_SYSCALL_UNSHARE_X, 10, "qd", INT64_C(0), (unsigned)CL_CLONE_NEWUSER);
	assert_int_equal(play_thread(p, 10)->cap_effective, 0x1ffffffffff);
	play(p, EV_SYSCALL_PRLIMIT_X, 10, "qqqqqqb", INT64_C(0), INT64_C(77), INT64_C(0),
	     INT64_C(0), INT64_C(0), INT64_C(0), 7u);
	assert_int_equal(play_thread(p, 10)->fdlimit, 77);
}

static void users_come_from_the_list_and_from_events(void **state)
{
	struct play *p = *state;

	assert_null(state_user(p->s, SV(""), 5));
	play_meta(p, (struct record){ .kind = RECORD_USER,
				      .user = { .uid = 5,
						.name = SV("ann"),
						.homedir = SV("/home/ann"),
						.shell = SV("/sh") } });
	/* Before the section's own events the list outranks user events. */
	play(p, EV_USER_ADDED_E, -1, "ddssss", 5u, 5u, "bob", "/", "/", "");
	assert_sv(text_sv(state_user(p->s, SV(""), 5)->name), "ann");
	assert_false(p->s->now.shown);
	play(p, EV_DROP_E, -1, "d", 0u);
	assert_true(p->s->now.shown);
	play(p, EV_USER_ADDED_E, -1, "ddssss", 5u, 5u, "bob", "/", "/", "");
	assert_sv(text_sv(state_user(p->s, SV(""), 5)->name), "bob");
	assert_null(state_user(p->s, SV("0123456789ab"), 5));
	play(p, EV_USER_ADDED_E, -1, "ddssss", 6u, 6u, "eve", "/", "/", "0123456789ab");
	assert_null(state_user(p->s, SV(""), 6));
	play(p, EV_USER_DELETED_E, -1, "ddssss", 5u, 5u, "bob", "/", "/", "");
	assert_null(state_user(p->s, SV(""), 5));
}

static void versions_tell_what_can_look_different(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	PLAY_PROC(p, 20, 10, "child");
	PLAY_PROC(p, 30, 1, "other");
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/a", 1u, 0u, 0u, UINT64_C(0));
	uint64_t version = play_thread(p, 30)->version, tree = p->s->tree_version;
	play(p, EV_SYSCALL_READ_X, 30, "qxqd", INT64_C(1), "x", 1, INT64_C(3), 1u);
	play(p, EV_SYSCALL_CLOSE_X, 30, "qq", INT64_C(0), INT64_C(3));
	assert_int_equal(play_thread(p, 30)->version, version);
	/* Nobody looks at 30: its execve is its own affair. */
	play_exec(p, 30, "/bin/ls", "ls");
	assert_true(play_thread(p, 30)->version > version);
	assert_int_equal(p->s->tree_version, tree);
	/* 20 shows its parent's name. */
	play_exec(p, 10, "/bin/ls", "ls");
	assert_true(p->s->tree_version > tree);
	tree = p->s->tree_version;
	version = play_thread(p, 30)->version;
	play(p, EV_SYSCALL_CHDIR_X, 30, "qs", INT64_C(0), "/x");
	assert_true(play_thread(p, 30)->version > version);
	assert_int_equal(p->s->tree_version, tree);
	/* A thread that takes an id which somebody names. */
	play(p, EV_SYSCALL_SETSID_X, 30, "q", INT64_C(77));
	tree = p->s->tree_version;
	play_clone(p, 77, 0, 77, 1, 0);
	assert_true(p->s->tree_version > tree);
}

static void a_new_section_starts_afresh(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_GETCWD_X, 10, "qs", INT64_C(1), "/");
	play_meta(p, (struct record){ .kind = RECORD_SECTION });
	assert_int_equal(p->s->nthreads, 0);
	assert_null(state_thread(p->s, 10));
	assert_int_equal(p->s->now.base_ts_ns, 0);
	PLAY_PROC(p, 12, 1, "b");
	PLAY_PROC(p, 11, 1, "a");
	struct thread **all = state_threads(p->s);
	assert_int_equal(p->s->nthreads, 2);
	assert_int_equal(all[0]->tid, 11);
	assert_int_equal(all[1]->tid, 12);
	free(all);
}

static void threads_beyond_the_limit_are_counted_as_lost(void **state)
{
	struct play *p = *state;

	for (int64_t tid = 1; tid <= STATE_MAX_THREADS; tid++)
		play(p, EV_SYSCALL_GETCWD_X, tid, "q", INT64_C(-1));
	assert_int_equal(p->s->losses.threads, 0);
	play(p, EV_SYSCALL_GETCWD_X, STATE_MAX_THREADS + 1, "q", INT64_C(-1));
	assert_null(p->s->now.thread);
	assert_int_equal(p->s->losses.threads, 1);
	play_clone(p, STATE_MAX_THREADS + 2, 0, STATE_MAX_THREADS + 2, 1, 0);
	assert_null(p->s->now.thread);
	assert_int_equal(p->s->losses.threads, 2);
	assert_int_equal(p->s->nthreads, STATE_MAX_THREADS);
	/* One that goes makes room. */
	play(p, EV_PROCEXIT_1_E, 7, "qqbb", INT64_C(0), INT64_C(0), 0u, 0u);
	play(p, EV_SYSCALL_GETCWD_X, STATE_MAX_THREADS + 1, "q", INT64_C(-1));
	assert_non_null(p->s->now.thread);
}

#define PLAY_TEST(f) cmocka_unit_test_setup_teardown(f, play_setup, play_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY_TEST(unknown_threads_get_a_placeholder),
		PLAY_TEST(listed_threads_are_linked_with_their_parents),
		PLAY_TEST(the_caller_of_a_clone_makes_the_child),
		PLAY_TEST(a_child_may_tell_of_itself_first),
		PLAY_TEST(after_vfork_only_the_child_tells),
		PLAY_TEST(a_child_that_is_already_gone_is_not_made_again),
		PLAY_TEST(threads_share_what_belongs_to_their_process),
		PLAY_TEST(orphans_go_to_the_reaper_that_the_kernel_told),
		PLAY_TEST(a_child_subreaper_takes_orphans),
		PLAY_TEST(execve_replaces_the_program),
		PLAY_TEST(execve_leaves_only_the_leader),
		PLAY_TEST(a_failed_execve_changes_nothing),
		PLAY_TEST(ids_change_only_when_the_call_succeeds),
		PLAY_TEST(users_come_from_the_list_and_from_events),
		PLAY_TEST(versions_tell_what_can_look_different),
		PLAY_TEST(a_new_section_starts_afresh),
		PLAY_TEST(threads_beyond_the_limit_are_counted_as_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
