/* What a confined process can do, and what it cannot.  Each test confines a child of its own. */
#define _GNU_SOURCE
#include "format/tests/test.h"

#include "tools/common/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], input[80], output[80], other[80], fresh[80];

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/saker-confine-%d", (int)getpid());
	snprintf(input, sizeof input, "%s/input", folder);
	snprintf(output, sizeof output, "%s/output", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	snprintf(fresh, sizeof fresh, "%s/fresh", folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	make_file(input);
	make_file(output);
	make_file(other);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(input);
	unlink(output);
	unlink(other);
	unlink(fresh);
	return rmdir(folder);
}

/* Can it be opened so? */
static bool opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void *nothing(void *arg)
{
	return arg;
}

/* Names the first thing that went otherwise than it should. */
#define EXPECT(what)                                                                               \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "not so: %s (%s)\n", #what, strerror(errno));              \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static void check_files(void)
{
	char byte;
	int fd = open(input, O_RDONLY | O_CLOEXEC);

	EXPECT(fd >= 0 && read(fd, &byte, 1) == 1);
	EXPECT(opens(output, O_WRONLY | O_TRUNC));
	EXPECT(opens(output, O_RDONLY));
	EXPECT(!opens(input, O_WRONLY));
	EXPECT(!opens(other, O_RDONLY));
	EXPECT(!opens(other, O_WRONLY));
	EXPECT(!opens(fresh, O_WRONLY | O_CREAT));
	EXPECT(!opens("/etc/passwd", O_RDONLY));
	EXPECT(!opens(folder, O_RDONLY));
	EXPECT(unlink(other) < 0);
	EXPECT(truncate(other, 0) < 0);
	EXPECT(rename(output, fresh) < 0);
	EXPECT(mkdir(fresh, 0700) < 0);
}

static void check_calls(void)
{
	static char *const argv[] = { (char *)"true", NULL };
	pthread_t thread;

	EXPECT(pthread_create(&thread, NULL, nothing, NULL) == 0);
	EXPECT(pthread_join(thread, NULL) == 0);
	EXPECT(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
	EXPECT(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
	EXPECT(execv("/bin/true", argv) < 0);
	EXPECT(kill(getppid(), 0) < 0);
	EXPECT(chmod(input, 0777) < 0);
	EXPECT(symlink(input, fresh) < 0);
#ifndef __SANITIZE_ADDRESS__ /* which needs some of it to look for leaks */
	EXPECT(fork() < 0 && errno == EPERM);
	EXPECT(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0);
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) == MAP_FAILED);
#endif
}

/* Runs in a child: confined to these paths, then checked. */
static void confined(const struct confine_path *paths, size_t n, void (*check_files_then)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct confinement in_force;
		struct err err = { 0 };

		EXPECT(confine(paths, n, &in_force, &err) == 0);
		if (in_force.files && check_files_then)
			check_files_then();
		if (in_force.calls)
			check_calls();
		_exit(in_force.files && in_force.calls ? 0 : 77);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip(); /* this kernel has not all of it */
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void only_the_files_named_are_within_reach(void **state)
{
	const struct confine_path paths[] = { { input, CONFINE_READ },
					      { output, CONFINE_WRITE },
					      { "/nowhere/at/all", CONFINE_READ },
					      { "-", CONFINE_READ } };

	(void)state;
	confined(paths, 4, check_files);
}

static void check_fresh(void)
{
	EXPECT(opens(fresh, O_WRONLY | O_CREAT));
	EXPECT(!opens("/etc/passwd", O_RDONLY));
}

static void a_file_that_is_not_there_can_be_made(void **state)
{
	const struct confine_path paths[] = { { fresh, CONFINE_WRITE } };

	(void)state;
	confined(paths, 1, check_fresh);
}

static void check_folder(void)
{
	EXPECT(opens(fresh, O_RDWR | O_CREAT));
	EXPECT(unlink(fresh) == 0);
	EXPECT(rename(other, fresh) == 0);
	EXPECT(rename(fresh, other) == 0);
	EXPECT(rename(other, "/tmp/saker-elsewhere") < 0);
	EXPECT(!opens("/etc/passwd", O_RDONLY));
}

static void a_database_has_its_folder(void **state)
{
	const struct confine_path paths[] = { { output, CONFINE_FOLDER } };

	(void)state;
	confined(paths, 1, check_folder);
}

static void check_nothing(void)
{
	EXPECT(!opens(input, O_RDONLY));
}

static void without_paths_there_are_no_files(void **state)
{
	(void)state;
	confined(NULL, 0, check_nothing);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(only_the_files_named_are_within_reach),
		T(a_file_that_is_not_there_can_be_made),
		T(a_database_has_its_folder),
		T(without_paths_there_are_no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
