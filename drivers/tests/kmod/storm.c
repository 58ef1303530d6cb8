#include "drivers/tests/kmod/torture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3 };

static void use_files(void)
{
	char buf[300];
	struct stat st;
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);

	if (read(fd, buf, sizeof buf) < 0 || write(fd, buf, sizeof buf) < 0)
		return;
	fstat(fd, &st);
	close(fd);
	stat("/no/such/file", &st);
}

static void use_sockets(void)
{
	int pair[2];
	char c = 0;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	send(pair[0], &c, 1, 0);
	recv(pair[1], &c, 1, 0);
	close(pair[0]);
	close(pair[1]);
}

static void use_memory(void)
{
	volatile char *p =
		mmap(NULL, 1 << 14, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	p[0] = p[1 << 13] = 1; /* page faults */
	munmap((void *)(uintptr_t)p, 1 << 14);
}

static void *blow(void *arg)
{
	for (unsigned i = 0;; i++) {
		for (int k = 0; k < 50; k++)
			syscall(SYS_getppid);
		use_files();
		use_sockets();
		use_memory();
		kill(getpid(), SIGUSR1);
		usleep(i % 4 ? 0 : 500); /* others want to get something done as well */
		if (i % 8 == 0 && arg) {
			pid_t child = fork();

			if (child == 0) {
				execl("/no/such/program", "program", (char *)NULL);
				_exit(0);
			}
			waitpid(child, NULL, 0);
		}
	}
	return NULL;
}

pid_t storm_begin(void)
{
	pid_t parent = getpid(), storm = fork();
	pthread_t thread;

	if (storm != 0)
		return storm;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	signal(SIGUSR1, SIG_IGN);
	for (int i = 1; i < THREADS; i++)
		pthread_create(&thread, NULL, blow, NULL);
	blow(&storm);
	_exit(0);
}

void storm_end(pid_t storm)
{
	kill(storm, SIGKILL);
	waitpid(storm, NULL, 0);
}
