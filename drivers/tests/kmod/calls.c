#include "drivers/tests/kmod/calls.h"
#include "drivers/tests/kmod/hostile.h"
#include "drivers/tests/raw_call.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Arguments that are not left to chance, and why. */
static const struct {
	long nr;
	int arg;
	int64_t value;
	const char *why;
} fixed[] = {
	{ SYS_ptrace, 0, 2, "a child that is traced by its parent stops at the next signal" },
	{ SYS_prctl, 0, 15, "other orders give the child strict seccomp, or end it" },
	{ SYS_setrlimit, 0, 10, "lower limits of other resources end the child" },
	{ SYS_prlimit64, 1, 10, "lower limits of other resources end the child" },
	{ SYS_prlimit64, 0, 0, "the limits of others are not its business" },
	{ SYS_mount, 3, 0, "the kernel warns of old flags" },
	{ SYS_socketpair, 0, AF_UNIX, "or it never gets to the pointer" },
	{ SYS_getsockopt, 1, SOL_SOCKET, "or it never gets to the pointer" },
	{ SYS_setsockopt, 1, SOL_SOCKET, "or it never gets to the pointer" },
	{ SYS_io_uring_setup, 0, 4, "big rings take long" },
	{ SYS_process_vm_readv, 4, 0, "nobody's memory is to be changed" },
	{ SYS_process_vm_writev, 4, 0, "nobody's memory is to be changed" },
};

bool call_can_be_32bit(const struct call_target *target, int arg)
{
	return CAN_CALL_32BIT && target->desc->nr_i386 >= 0 && arg < 5;
}

uint32_t call_targets(struct call_target *out)
{
	uint32_t n = 0;

	for (uint32_t code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *desc = schema_syscall(code);
		const struct pointer_row *row =
			desc && desc->exit_event ? pointer_row(desc->exit_event) : NULL;

		if (row && pointer_args(row) && desc->MACHINE_NR >= 0 && n < TARGETS_MAX)
			out[n++] = (struct call_target){ row, desc };
	}
	return n;
}

/* --- the child --- */

static void on_alarm(int sig)
{
	(void)sig;
}

void call_room_init(struct call_room *room, uint64_t seed)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct sigaction action = { .sa_handler = on_alarm }; /* calls are not restarted */
	char dir[] = "/tmp/calls-XXXXXX";
	int pipe_fds[2], pair[2];

	*room = (struct call_room){ .random = seed };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unshare(CLONE_NEWNS);
	mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (!mkdtemp(dir) || chdir(dir) < 0)
		_exit(1);
	room->fds[0] = room->peers[0] = open("./some-file", O_RDWR | O_CREAT, 0600);
	if (write(room->fds[0], dir, sizeof dir) < 0 || pipe2(pipe_fds, O_NONBLOCK) < 0)
		_exit(1);
	room->fds[1] = pipe_fds[0];
	room->peers[1] = pipe_fds[1];
	for (int i = 2; i < 5; i++) {
		socketpair(AF_UNIX, (i == 2 ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0, pair);
		room->fds[i] = pair[0];
		room->peers[i] = pair[1];
	}
	room->fds[5] = room->peers[5] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static uint64_t random_below(struct call_room *room, uint64_t n)
{
	room->random = room->random * 6364136223846793005u + 1442695040888963407u;
	return (room->random >> 33) % n;
}

static int64_t some_argument(struct call_room *room, const struct call_target *target, int i)
{
	static const int64_t numbers[] = { 0, 1, 2, 3, 16, 64, 110, 4096, -1, AT_FDCWD };

	for (size_t k = 0; k < sizeof fixed / sizeof fixed[0]; k++) {
		if (fixed[k].nr == target->desc->MACHINE_NR && fixed[k].arg == i)
			return fixed[k].value;
	}
	if (pointer_args(target->row) >> i & 1)
		return (int64_t)friendly_pointer();
	if (i == 0 && random_below(room, 4))
		return room->fds[random_below(room, 6)];
	return numbers[random_below(room, sizeof numbers / sizeof numbers[0])];
}

bool call_make(struct call_room *room, struct call_book *book, const struct call_target *target,
	       int arg, uint64_t p, const char *pointer, bool unreadable, bool compat)
{
	struct call_note *note = &book->notes[book->n];
	int64_t a[6], mark = CALL_MARK - (int64_t)book->n, ret;

	if (book->n == CALLS_MAX)
		return false;
	*note = (struct call_note){ .row = target->row,
				    .desc = target->desc,
				    .pointer = pointer,
				    .arg = (int8_t)arg,
				    .unreadable = unreadable,
				    .compat = compat };
	for (int i = 0; i < 6; i++)
		a[i] = i == arg ? (int64_t)p : some_argument(room, target, i);
	/* So that there is something to read. */
	send(room->peers[2], "stream", 6, MSG_DONTWAIT);
	send(room->peers[3], "datagram", 8, MSG_DONTWAIT);
	if (write(room->peers[1], "pipe", 4) < 0 || lseek(room->fds[0], 0, SEEK_SET) < 0)
		errno = 0; /* full, or the file is gone: well */
	book->n++;
	sys6(SYS_close, mark, 0, 0, 0, 0, 0);
	ret = compat ? raw_call_32bit(target->desc->nr_i386, a[0], a[1], a[2], a[3], a[4])
		     : sys6(target->desc->MACHINE_NR, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (target->desc->MACHINE_NR == SYS_clone3 && ret == 0)
		_exit(0); /* it was taken for a wish; the note is the parent's */
	note->ret = ret;
	note->done = true;
	return true;
}

/* --- what the driver says of it --- */

static struct driver_set set_of_targets(void)
{
	struct call_target targets[TARGETS_MAX];
	struct driver_set set = { 0 };
	uint32_t n = call_targets(targets);

	for (uint32_t i = 0; i < n; i++)
		driver_set_add(&set, targets[i].desc->code);
	driver_set_add(&set, call_of_nr(SYS_close)->code);
	return set;
}

static bool same_result(const struct call_note *note)
{
	if (note->row->event == EV_SOCKET_SENDMMSG_X || note->row->event == EV_SOCKET_RECVMMSG_X)
		return true; /* say it per message */
	return note->said == note->ret || (note->compat && (int32_t)note->said == note->ret) ||
	       (note->said <= -512 && note->said >= -516); /* interrupted, or to be made again */
}

static bool left_empty(const struct call_note *note, const struct event *ev)
{
	enum unreadable gives;
	int param = pointer_param(note->row, note->arg, &gives);
	struct sv v;

	if (!note->unreadable || param < 0)
		return true;
	v = ev->params[param];
	if (gives == GIVES_EMPTY)
		return v.n == 0;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i])
			return false;
	}
	return true;
}

struct verdict {
	uint32_t calls, missing, odd, full, shown;
};

enum { SHOWN_MAX = 12 };

static void show(struct verdict *v, const struct call_note *note, const char *what)
{
	if (v->shown++ < SHOWN_MAX)
		printf("     %s%s, argument %d is %s: %s (the call gave %lld)\n", note->desc->name,
		       note->compat ? " (32 bits)" : "", note->arg, note->pointer, what,
		       (long long)note->ret);
}

/* The child may not have noted the result yet. */
static void look_at(struct call_note *note, const struct event *ev)
{
	if (note->seen)
		return;
	note->seen = true;
	note->whole = ev->nparams == ev->desc->nparams;
	note->said = ev->nparams && ev->params[0].n == 8 ? (int64_t)get_le64(ev->params[0].p) : 0;
	note->full = !left_empty(note, ev);
}

static void judge(struct verdict *v, const struct call_note *note)
{
	v->calls++;
	if (!note->seen) {
		v->missing++;
		show(v, note, "no event");
		return;
	}
	if (!note->whole || !same_result(note)) {
		v->odd++;
		show(v, note, "its event has another result");
	}
	if (note->full) {
		v->full++;
		show(v, note, "its parameter is not empty");
	}
}

/* Everything that the child did; false: events were lost. */
static bool follow(struct driver *d, pid_t child, struct call_book *book, struct err *err)
{
	struct call_note *note = NULL;
	bool ended = false;
	struct record rec;

	for (;;) {
		const struct event *ev = &rec.event;
		enum next next = source_next(driver_source(d), &rec, err);

		if (next == NEXT_IDLE) {
			if (ended)
				return driver_stats(d).all.lost == 0;
			ended = waitpid(child, NULL, WNOHANG) != 0;
			continue;
		}
		if (next != NEXT_ITEM)
			return true;
		if (ev->tid != child)
			continue;
		if (ev->type == EV_SYSCALL_CLOSE_X && ev->params[1].n == 8) {
			int64_t mark = CALL_MARK - (int64_t)get_le64(ev->params[1].p);

			if (mark >= 0 && mark < book->n)
				note = &book->notes[mark];
		} else if (note && ev->type == note->row->event) {
			look_at(note, ev);
		}
	}
}

static bool try_calls(struct torture *t, const char *name, void (*run)(struct call_book *book),
		      struct call_book *book, bool last_try)
{
	const struct driver_set set = set_of_targets();
	const struct driver_options opt = { .kind = DRIVER_KMOD, .set = &set };
	struct verdict v = { 0 };
	struct driver *d = NULL;
	struct err err = { 0 };
	bool whole;
	pid_t child;

	book->n = 0;
	if (driver_open(&opt, &d, &err) < 0 || driver_start(d, &err) < 0) {
		driver_close(d);
		check(t, false, "%s: %s", name, err.msg);
		return true;
	}
	child = fork();
	if (child == 0) {
		run(book);
		_exit(0);
	}
	whole = follow(d, child, book, &err);
	driver_close(d);
	if (!whole && !last_try)
		return false;
	check(t, err.msg[0] == 0, "%s: %s", name, err.msg);
	for (uint32_t i = 0; i < book->n; i++) {
		if (book->notes[i].done)
			judge(&v, &book->notes[i]);
	}
	check(t, whole, "%s: events were lost", name);
	check(t, v.calls > 1000 && v.calls + 1 >= book->n, "%s: only %u calls were made", name,
	      v.calls);
	check(t, v.missing == 0, "%s: %u of %u calls without event", name, v.missing, v.calls);
	check(t, v.odd == 0, "%s: %u events with another result", name, v.odd);
	check(t, v.full == 0, "%s: %u unreadable pointers gave a parameter", name, v.full);
	figure("%s: %u calls, all recorded", name, v.calls);
	return true;
}

void calls_check(struct torture *t, const char *name, void (*run)(struct call_book *book))
{
	struct call_book *book =
		mmap(NULL, sizeof *book, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (book == MAP_FAILED) {
		check(t, false, "%s: no memory", name);
		return;
	}
	for (int i = 0; i < 3 && !try_calls(t, name, run, book, i == 2); i++)
		;
	munmap(book, sizeof *book);
}
