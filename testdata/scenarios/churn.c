/*
 * Processes that never stop changing: they open, close, duplicate, fork, run themselves anew and
 * change directory at random, then hold still, so that one can compare what a recording made of
 * them with what they are (tools/tests/churn_test.py).
 *
 *   churn DIRECTORY MILLISECONDS    prints its pid, "still" when all hold still, and waits for
 * SIGTERM
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 12, WORKERS_MAX = 48, FDS_MAX = 24, PAUSE_US = 2000, LIFE_S = 60 };

static const char *where;
static uint64_t random_state;
static int fds[FDS_MAX], nfds;

/* Shared by all, over exec as well: a file of two numbers. */
static int shared_fd = 3;
static struct shared {
	_Atomic int alive, still;
} * shared;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static unsigned below(unsigned n)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(random_state >> 33) % n;
}

static void keep(int fd)
{
	if (fd < 0)
		return;
	if (nfds < FDS_MAX)
		fds[nfds++] = fd;
	else
		close(fd);
}

/* What an exec left open. */
static void find_fds(void)
{
	DIR *d = opendir("/proc/self/fd");

	for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
		int fd = atoi(e->d_name);

		if (fd > shared_fd && fd != dirfd(d))
			keep(fd);
	}
	if (d)
		closedir(d);
}

static void open_something(void)
{
	char name[64];
	int pair[2];

	snprintf(name, sizeof name, below(2) ? "%s/f%u" : "%s/./d%u/../g", where, below(8));
	switch (below(7)) {
	case 0:
		if (pipe2(pair, below(2) ? O_CLOEXEC : 0) == 0) {
			keep(pair[0]);
			keep(pair[1]);
		}
		break;
	case 1:
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
			keep(pair[0]);
			keep(pair[1]);
		}
		break;
	case 2:
		keep(eventfd(0, below(2) ? EFD_CLOEXEC : 0));
		break;
	case 3:
		keep(epoll_create1(0));
		break;
	case 4:
		keep(open(below(2) ? "." : where, O_RDONLY | O_DIRECTORY));
		break;
	default:
		keep(open(name, O_CREAT | O_RDWR | (below(2) ? O_CLOEXEC : 0), 0600));
		break;
	}
}

static void close_something(void)
{
	if (nfds == 0)
		return;
	unsigned i = below((unsigned)nfds);
	close(fds[i]);
	fds[i] = fds[--nfds];
}

static void duplicate_something(void)
{
	if (nfds < 2)
		return;
	int from = fds[below((unsigned)nfds)];

	if (below(2))
		keep(dup(from));
	else
		dup2(from, fds[below((unsigned)nfds)]);
}

static void change_directory(void)
{
	char name[64];

	snprintf(name, sizeof name, "%s/d%u", where, below(4));
	if (chdir(below(3) ? name : "..") < 0)
		_exit(1);
}

static void fork_one(void)
{
	if (shared->alive >= WORKERS_MAX)
		return;
	shared->alive++;
	if (fork() == 0) {
		random_state ^= (uint64_t)getpid() << 20 ^ now_ns();
		alarm(LIFE_S);
	}
}

static void run_anew(void)
{
	char seed[32];

	snprintf(seed, sizeof seed, "%llu", (unsigned long long)random_state);
	execl("/proc/self/exe", below(2) ? "churn" : "churned", "worker", where, seed, NULL);
	_exit(1);
}

static void work(void)
{
	while (!shared->still) {
		switch (below(16)) {
		case 0:
			change_directory();
			break;
		case 1:
			if (shared->alive > WORKERS && below(2) == 0) {
				shared->alive--;
				_exit(0);
			}
			break;
		case 2:
			fork_one();
			break;
		case 3:
			run_anew();
			break;
		case 4:
		case 5:
			duplicate_something();
			break;
		default:
			if (below(2))
				open_something();
			else
				close_something();
			break;
		}
		usleep(PAUSE_US);
	}
	for (;;)
		pause();
}

static void map_shared(void)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (shared == MAP_FAILED)
		_exit(1);
}

static void make_shared(void)
{
	char name[] = "/tmp/churn-XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (fd < 0 || ftruncate(fd, sizeof *shared) < 0)
		_exit(1);
	if (fd != shared_fd) {
		dup2(fd, shared_fd);
		close(fd);
	}
	map_shared();
}

static void stop(int sig)
{
	(void)sig;
	kill(0, SIGKILL);
}

int main(int argc, char **argv)
{
	char byte;

	signal(SIGCHLD, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "worker") == 0) {
		where = argv[2];
		random_state = strtoull(argv[3], NULL, 10);
		map_shared();
		find_fds();
		work();
	}
	if (argc != 2)
		return 2;
	where = argv[1];
	if (chdir(where) < 0 || (getpgrp() != getpid() && setsid() < 0))
		return 1;
	make_shared();
	printf("%d\n", (int)getpid());
	fflush(stdout);
	for (int i = 0; i < 4; i++) {
		char name[128];

		snprintf(name, sizeof name, "%s/d%d", where, i);
		mkdir(name, 0700);
	}
	for (int i = 0; i < WORKERS; i++) {
		shared->alive++;
		if (fork() == 0) {
			random_state = (uint64_t)i * 7919 + now_ns();
			alarm(LIFE_S);
			work();
		}
	}
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	shared->still = 1;
	usleep(500000);
	printf("still\n");
	fflush(stdout);
	signal(SIGTERM, stop);
	for (;;)
		pause();
}
