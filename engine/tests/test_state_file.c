/* Files and other fds: what opens, copies and closes them. */
#include "engine/tests/play.h"

static void do_open(struct play *p, int64_t fd, const char *name, unsigned flags)
{
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", fd, name, flags, 0u, 5u, UINT64_C(6));
}

static void an_open_enters_the_path_from_the_cwd(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	do_open(p, 3, "a//b/../c", 1u | 1u << 15);
	const struct fd *f = p->s->now.fd;
	assert_sv(text_sv(f->name), "/home/a/c");
	assert_sv(text_sv(f->name_raw), "a/b/../c");
	assert_int_equal(f->type, FD_FILE_V2);
	assert_int_equal(f->dev, 5);
	assert_int_equal(f->ino, 6);
	assert_true(f->upper_layer);
	assert_true(p->s->now.fd_name_changed);
	assert_int_equal(p->s->now.fd_num, 3);
	do_open(p, -2, "nothing", 1u);
	assert_null(p->s->now.fd);
	assert_int_equal(p->s->now.fd_num, -1);
	do_open(p, 4, "/d", 1u << 10);
	assert_int_equal(p->s->now.fd->type, FD_DIRECTORY);
}

static void openat_starts_from_its_directory(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	do_open(p, 4, "/etc", 1u << 10);
	play(p, EV_SYSCALL_OPENAT_2_X, 10, "qqsdddq", INT64_C(5), INT64_C(4), "passwd", 1u, 0u, 0u,
	     UINT64_C(0));
	assert_sv(text_sv(p->s->now.fd->name), "/etc/passwd");
	play(p, EV_SYSCALL_OPENAT_2_X, 10, "qqsdddq", INT64_C(6), INT64_C(-100), "x", 1u, 0u, 0u,
	     UINT64_C(0));
	assert_sv(text_sv(p->s->now.fd->name), "/home/x");
	play(p, EV_SYSCALL_OPENAT_2_X, 10, "qqsdddq", INT64_C(7), INT64_C(99), "x", 1u, 0u, 0u,
	     UINT64_C(0));
	assert_sv(text_sv(p->s->now.fd->name), "<UNKNOWN>x");
	play(p, EV_SYSCALL_OPENAT2_X, 10, "qqsddddq", INT64_C(8), INT64_C(99), "/x", 1u, 0u, 0u, 9u,
	     UINT64_C(8));
	assert_sv(text_sv(p->s->now.fd->name), "/x");
	assert_int_equal(p->s->now.fd->dev, 9);
}

static void the_enter_events_path_and_flags_win(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_OPEN_E, 10, "sdd", "/true", 2u, 0u);
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/false", 1u | 1u << 14, 0u, 5u,
	     UINT64_C(6));
	assert_sv(text_sv(p->s->now.fd->name), "/true");
	assert_int_equal(p->s->now.fd->open_flags, 2 | 1 << 14);
	assert_sv(event_param(p->s->now.enter, 0), "/true\0");
	/* Another call in between: the pair is broken. */
	play(p, EV_SYSCALL_OPEN_E, 10, "sdd", "/true", 2u, 0u);
	play(p, EV_SIGNALDELIVER_E, 10, "qqb", INT64_C(1), INT64_C(10), 9u);
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/exit", 1u, 0u, 5u, UINT64_C(6));
	assert_sv(text_sv(p->s->now.fd->name), "/exit");
	/* What the recorder could not read does not count. */
	play(p, EV_SYSCALL_OPEN_E, 10, "sdd", "<NA>", 2u, 0u);
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/exit", 1u, 0u, 5u, UINT64_C(6));
	assert_sv(text_sv(p->s->now.fd->name), "/exit");
}

static void an_enter_event_over_the_limit_is_not_kept(void **state)
{
	struct play *p = *state;
	char name[STATE_MAX_ENTER_BYTES];

	PLAY_PROC(p, 10, 1, "sh");
	memset(name, 'a', sizeof name);
	name[sizeof name - 40] = '\0';
	play(p, EV_SYSCALL_OPEN_E, 10, "sdd", name, 2u, 0u);
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/x", 1u, 0u, 5u, UINT64_C(6));
	assert_null(p->s->now.enter);
	name[sizeof name - 41] = '\0';
	play(p, EV_SYSCALL_OPEN_E, 10, "sdd", name, 2u, 0u);
	play(p, EV_SYSCALL_OPEN_X, 10, "qsdddq", INT64_C(3), "/x", 1u, 0u, 5u, UINT64_C(6));
	assert_non_null(p->s->now.enter);
}

static void a_close_takes_effect_after_its_event(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	do_open(p, 3, "/x", 1u);
	play(p, EV_SYSCALL_CLOSE_X, 10, "qq", INT64_C(-9), INT64_C(3));
	play(p, EV_SYSCALL_CLOSE_X, 10, "qq", INT64_C(0), INT64_C(3));
	assert_sv(text_sv(p->s->now.fd->name), "/x");
	play(p, EV_SYSCALL_READ_X, 10, "qxqd", INT64_C(-9), "", 0, INT64_C(3), 1u);
	assert_null(p->s->now.fd);
	assert_int_equal(fd_table_count(thread_fds(play_thread(p, 10))), 0);
}

static void close_range_closes_or_marks(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	for (int64_t fd = 3; fd < 9; fd++)
		do_open(p, fd, "/x", 1u);
	play(p, EV_SYSCALL_CLOSE_RANGE_X, 10, "qddd", INT64_C(0), 4u, 5u, 0u);
	assert_non_null(play_fd(p, 10, 3));
	assert_null(play_fd(p, 10, 4));
	assert_null(play_fd(p, 10, 5));
	play(p, EV_SYSCALL_CLOSE_RANGE_X, 10, "qddd", INT64_C(0), 7u, UINT32_MAX, 4u);
	play_exec(p, 10, "/bin/ls", "ls");
	assert_non_null(play_fd(p, 10, 6));
	assert_null(play_fd(p, 10, 7));
	assert_null(play_fd(p, 10, 8));
}

static void copies_have_flags_of_their_own(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	do_open(p, 3, "/x", 1u << 12 | 2u);
	play(p, EV_SYSCALL_DUP2_X, 10, "qqq", INT64_C(1), INT64_C(3), INT64_C(1));
	assert_int_equal(play_fd(p, 10, 1)->open_flags, 2);
	assert_true(play_thread(p, 10)->flags & CL_PIPE_SRC);
	play(p, EV_SYSCALL_DUP3_X, 10, "qqqd", INT64_C(4), INT64_C(1), INT64_C(4), 1u << 12);
	assert_int_equal(play_fd(p, 10, 4)->open_flags, 1 << 12 | 2);
	play(p, EV_SYSCALL_FCNTL_X, 10, "qqbq", INT64_C(5), INT64_C(4), 1u, INT64_C(5));
	assert_int_equal(play_fd(p, 10, 5)->open_flags, 2);
	play(p, EV_SYSCALL_FCNTL_X, 10, "qqbq", INT64_C(0), INT64_C(5), 3u, INT64_C(1));
	assert_int_equal(play_fd(p, 10, 5)->open_flags, 1 << 12 | 2);
	assert_sv(text_sv(play_fd(p, 10, 5)->name), "/x");
}

static void pidfds_reach_into_other_processes(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	PLAY_PROC(p, 20, 1, "victim");
	play(p, EV_SYSCALL_OPEN_X, 20, "qsdddq", INT64_C(3), "/secret", 1u, 0u, 5u, UINT64_C(6));
	play(p, EV_SYSCALL_PIDFD_OPEN_X, 10, "qqd", INT64_C(4), INT64_C(20), 0u);
	assert_sv(text_sv(p->s->now.fd->name), "/proc/20");
	play(p, EV_SYSCALL_PIDFD_GETFD_X, 10, "qqqd", INT64_C(5), INT64_C(4), INT64_C(3), 0u);
	assert_sv(text_sv(play_fd(p, 10, 5)->name), "/secret");
	play(p, EV_SYSCALL_PIDFD_GETFD_X, 10, "qqqd", INT64_C(6), INT64_C(5), INT64_C(3), 0u);
	assert_null(play_fd(p, 10, 6));
}

static void other_kinds_of_fds_have_their_types(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_PIPE2_X, 10, "qqqqd", INT64_C(0), INT64_C(3), INT64_C(4), UINT64_C(77),
	     1u << 12);
	assert_int_equal(play_fd(p, 10, 3)->type, FD_FIFO);
	assert_int_equal(play_fd(p, 10, 4)->ino, 77);
	play(p, EV_SYSCALL_MEMFD_CREATE_X, 10, "qsd", INT64_C(5), "code", 1u);
	assert_int_equal(play_fd(p, 10, 5)->type, FD_MEMFD);
	assert_sv(text_sv(play_fd(p, 10, 5)->name), "code");
	play(p, EV_SYSCALL_EPOLL_CREATE1_X, 10, "qd", INT64_C(6), 1u);
	assert_int_equal(play_fd(p, 10, 6)->type, FD_EVENTPOLL);
	play(p, EV_SYSCALL_IO_URING_SETUP_X, 10, "q", INT64_C(7));
	assert_int_equal(play_fd(p, 10, 7)->type, FD_IOURING);
	play_exec(p, 10, "/bin/ls", "ls");
	for (int64_t fd = 3; fd < 7; fd++)
		assert_null(play_fd(p, 10, fd));
	assert_non_null(play_fd(p, 10, 7));
}

static void the_working_directory_follows(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_CHDIR_X, 10, "qs", INT64_C(0), "a");
	assert_sv(thread_cwd(play_thread(p, 10)), "/home/a/");
	do_open(p, 3, "/srv", 1u << 10);
	play(p, EV_SYSCALL_FCHDIR_X, 10, "qq", INT64_C(0), INT64_C(3));
	assert_sv(thread_cwd(play_thread(p, 10)), "/srv/");
	play(p, EV_SYSCALL_CHDIR_X, 10, "qs", INT64_C(-2), "/nowhere");
	assert_sv(thread_cwd(play_thread(p, 10)), "/srv/");
	play(p, EV_SYSCALL_CHROOT_X, 10, "qs", INT64_C(0), "jail");
	assert_sv(text_sv(play_thread(p, 10)->root), "/srv/jail");
}

static void an_old_execve_takes_its_path_from_the_enter_event(void **state)
{
	struct play *p = *state;

	PLAY_PROC(p, 10, 1, "sh");
	play(p, EV_SYSCALL_EXECVE_19_E, 10, "s", "bin/x");
	play(p, EV_SYSCALL_EXECVE_19_X, 10, "qsxqqq", INT64_C(0), "x", "", 0, INT64_C(10),
	     INT64_C(10), INT64_C(1));
	assert_sv(text_sv(play_thread(p, 10)->exepath), "/home/bin/x");
	assert_sv(text_sv(play_thread(p, 10)->comm), "x");
	/* By an fd: execveat with AT_EMPTY_PATH ends as execve. */
	do_open(p, 3, "/tmp/y", 1u);
	play(p, EV_SYSCALL_EXECVEAT_E, 10, "qsd", INT64_C(3), "<NA>", 1u);
	play(p, EV_SYSCALL_EXECVE_19_X, 10, "qsxqqq", INT64_C(0), "y", "", 0, INT64_C(10),
	     INT64_C(10), INT64_C(1));
	assert_sv(text_sv(play_thread(p, 10)->exepath), "/tmp/y");
}

#define PLAY_TEST(f) cmocka_unit_test_setup_teardown(f, play_setup, play_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAY_TEST(an_open_enters_the_path_from_the_cwd),
		PLAY_TEST(openat_starts_from_its_directory),
		PLAY_TEST(the_enter_events_path_and_flags_win),
		PLAY_TEST(an_enter_event_over_the_limit_is_not_kept),
		PLAY_TEST(a_close_takes_effect_after_its_event),
		PLAY_TEST(close_range_closes_or_marks),
		PLAY_TEST(copies_have_flags_of_their_own),
		PLAY_TEST(pidfds_reach_into_other_processes),
		PLAY_TEST(other_kinds_of_fds_have_their_types),
		PLAY_TEST(the_working_directory_follows),
		PLAY_TEST(an_old_execve_takes_its_path_from_the_enter_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
