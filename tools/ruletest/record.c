/*
 * ruletest record: a command's doings as a small trace, with a suite that says what the rules
 * answered.  rec, scap and ruletest run do the work; this puts them in a row.
 */
#include "tools/ruletest/commands.h"
#include "tools/ruletest/subject.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_MS = 30000, SETTLE_MS = 500, MAX_RULES = 16 };

static const struct cli_option options[] = {
	{ 'r', "rules", "FILE", "rules of the draft; may be given several times" },
	{ 'w', "redact", "LIST", "take away these: args, env, paths, data, users (env,data)" },
};

struct recording {
	const char *name;
	char **command;
	const char *redact;
	const char *rules[MAX_RULES];
	size_t nrules;
	struct buf raw, trace, suite; /* paths */
	char dir[64];                 /* of the socket and the raw trace */
	int ready;                    /* socket on which rec says that it records */
	pid_t child, recorder;
	int gate; /* closing it lets the child go */
};

/* A program of ours lies where this one does, if anywhere. */
static void put_program(struct buf *out, const char *name)
{
	char self[1024];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	const char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		buf_put(out, self, (size_t)(slash + 1 - self));
	buf_puts(out, name);
	if (!slash || access(buf_cstr(out), X_OK) != 0) {
		buf_clear(out);
		buf_puts(out, name);
	}
}

/* In the new process. */
static void run_program(const char *name, char *const *argv)
{
	struct buf path = { 0 };

	put_program(&path, name);
	execvp(buf_cstr(&path), argv);
	fprintf(stderr, "ruletest: cannot run %s: %s\n", name, strerror(errno));
	_exit(127);
}

static int wait_for(pid_t pid, int *status, struct err *err)
{
	while (waitpid(pid, status, 0) < 0) {
		if (errno != EINTR)
			return err_errno(err, "cannot wait");
	}
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
	return 0;
}

/* The command waits until somebody watches: its pid is needed to say what to record. */
static int start_child(struct recording *r, struct err *err)
{
	int fds[2];
	char byte;

	if (pipe(fds) < 0)
		return err_errno(err, "cannot make a pipe");
	r->child = fork();
	if (r->child == 0) {
		close(fds[1]);
		if (read(fds[0], &byte, 1) < 0)
			_exit(127);
		close(fds[0]);
		execvp(r->command[0], r->command);
		fprintf(stderr, "ruletest: cannot run %s: %s\n", r->command[0], strerror(errno));
		_exit(127);
	}
	close(fds[0]);
	r->gate = fds[1];
	return r->child < 0 ? err_errno(err, "cannot start %s", r->command[0]) : 0;
}

static int open_ready(struct recording *r, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(r->dir, sizeof r->dir, "/tmp/ruletest-XXXXXX");
	if (!mkdtemp(r->dir))
		return err_errno(err, "cannot make a directory in /tmp");
	snprintf(address.sun_path, sizeof address.sun_path, "%s/ready", r->dir);
	r->ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r->ready < 0 || bind(r->ready, (struct sockaddr *)&address, sizeof address) < 0)
		return err_errno(err, "cannot open a socket");
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	buf_printf(&r->raw, "%s/raw.skr", r->dir);
	return 0;
}

static int start_recorder(struct recording *r, struct err *err)
{
	char filter[128];
	char *argv[] = { (char *)"rec",      (char *)"-q", (char *)"-o", (char *)buf_cstr(&r->raw),
			 (char *)"--filter", filter,       NULL };

	snprintf(filter, sizeof filter, "proc.pid = %ld or proc.apid = %ld", (long)r->child,
		 (long)r->child);
	r->recorder = fork();
	if (r->recorder == 0) {
		close(r->gate);
		run_program("rec", argv);
	}
	unsetenv("NOTIFY_SOCKET");
	return r->recorder < 0 ? err_errno(err, "cannot start rec") : 0;
}

/* rec says READY=1 when it records; it may also end before. */
static int wait_until_ready(struct recording *r, struct err *err)
{
	char text[256];
	int status;

	for (int waited = 0; waited < READY_MS; waited += 100) {
		struct pollfd p = { .fd = r->ready, .events = POLLIN };
		ssize_t n = poll(&p, 1, 100) > 0 ? recv(r->ready, text, sizeof text - 1, 0) : 0;

		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, "READY=1"))
			return 0;
		if (waitpid(r->recorder, &status, WNOHANG) == r->recorder) {
			r->recorder = 0;
			return err_set(err, ERR_IO, "rec did not record (it needs root)");
		}
	}
	return err_set(err, ERR_IO, "rec did not begin to record");
}

static int stop_recorder(struct recording *r, struct err *err)
{
	int status;

	if (r->recorder <= 0)
		return 0;
	kill(r->recorder, SIGINT);
	if (wait_for(r->recorder, &status, err) < 0)
		return -1;
	r->recorder = 0;
	return status == 0 ? 0 : err_set(err, ERR_IO, "rec ended with status %d", status);
}

static int run_and_wait(const char *program, char *const *argv, int *status, struct err *err)
{
	pid_t pid = fork();

	if (pid == 0)
		run_program(program, argv);
	return pid < 0 ? err_errno(err, "cannot start %s", program) : wait_for(pid, status, err);
}

static int redact(struct recording *r, struct err *err)
{
	char *argv[] = { (char *)"scap",
			 (char *)"redact",
			 (char *)"--what",
			 (char *)r->redact,
			 (char *)buf_cstr(&r->raw),
			 (char *)buf_cstr(&r->trace),
			 NULL };
	int status;

	if (run_and_wait("scap", argv, &status, err) < 0)
		return -1;
	return status == 0 ? 0 : err_set(err, ERR_IO, "scap redact ended with status %d", status);
}

/* Relative paths of a suite begin where it lies. */
static void put_path(struct buf *out, const char *path)
{
	char here[1024];

	buf_putc(out, '"');
	if (path[0] != '/' && getcwd(here, sizeof here))
		buf_printf(out, "%s/", here);
	buf_printf(out, "%s\"", path);
}

static int draft(struct recording *r, struct err *err)
{
	const char *slash = strrchr(r->name, '/');
	struct buf text = { 0 };
	FILE *file = fopen(buf_cstr(&r->suite), "wxe");
	bool written;

	if (!file)
		return err_errno(err, "%s", buf_cstr(&r->suite));
	buf_puts(&text, "# A draft: what the rules answered when this was recorded.\nrules:\n");
	for (size_t i = 0; i < r->nrules; i++) {
		buf_puts(&text, "  - ");
		put_path(&text, r->rules[i]);
		buf_putc(&text, '\n');
	}
	buf_printf(&text, "\ntraces:\n  - {name: recorded, path: \"%s.skr\"}\n",
		   slash ? slash + 1 : r->name);
	written = !text.failed && buf_write(&text, file);
	written = fclose(file) == 0 && written;
	buf_deinit(&text);
	return written ? 0 : err_errno(err, "%s", buf_cstr(&r->suite));
}

static int expect(struct recording *r, struct err *err)
{
	char *argv[] = { (char *)"ruletest",          (char *)"run",
			 (char *)"--no-cache",        (char *)"--update",
			 (char *)buf_cstr(&r->suite), NULL };
	int status;

	if (run_and_wait("ruletest", argv, &status, err) < 0)
		return -1;
	return status < 2 ? 0 : err_set(err, ERR_CHECK, "the draft could not be played");
}

static void tidy_up(struct recording *r)
{
	struct buf path = { 0 };

	if (r->gate >= 0)
		close(r->gate);
	if (r->ready >= 0)
		close(r->ready);
	if (r->child > 0)
		kill(r->child, SIGKILL);
	if (r->recorder > 0)
		kill(r->recorder, SIGINT);
	if (r->dir[0]) {
		unlink(buf_cstr(&r->raw));
		buf_printf(&path, "%s/ready", r->dir);
		unlink(buf_cstr(&path));
		rmdir(r->dir);
	}
	buf_deinit(&path);
	buf_deinit(&r->raw);
	buf_deinit(&r->trace);
	buf_deinit(&r->suite);
}

static int record(struct recording *r, int *status, struct err *err)
{
	buf_printf(&r->trace, "%s.skr", r->name);
	buf_printf(&r->suite, "%s.test.yaml", r->name);
	if (access(buf_cstr(&r->trace), F_OK) == 0 || access(buf_cstr(&r->suite), F_OK) == 0)
		return err_set(err, ERR_USAGE, "%s.skr or %s.test.yaml is there already", r->name,
			       r->name);
	if (open_ready(r, err) < 0 || start_child(r, err) < 0 || start_recorder(r, err) < 0 ||
	    wait_until_ready(r, err) < 0)
		return -1;
	close(r->gate);
	r->gate = -1;
	if (wait_for(r->child, status, err) < 0)
		return -1;
	r->child = 0;
	/* What the kernel has not handed over yet. */
	poll(NULL, 0, SETTLE_MS);
	if (stop_recorder(r, err) < 0 || redact(r, err) < 0)
		return -1;
	if (r->nrules == 0)
		return 0;
	return draft(r, err) < 0 ? -1 : expect(r, err);
}

static int run(struct cli *c, struct err *err)
{
	struct recording r = { .redact = "env,data", .ready = -1, .gate = -1 };
	int key, rc, status = 0;

	while ((key = cli_next(c, err)) > 0) {
		if (key == 'w')
			r.redact = c->value;
		else if (r.nrules < MAX_RULES)
			r.rules[r.nrules++] = c->value;
	}
	if (key < 0 || cli_operands(c, 2, -1, err) < 0)
		return -1;
	r.name = c->argv[0];
	r.command = c->argv + 1;
	rc = record(&r, &status, err);
	if (rc == 0)
		printf("%s: the command ended with status %d\n", buf_cstr(&r.trace), status);
	tidy_up(&r);
	return rc;
}

const struct cli_command ruletest_cmd_record = {
	.name = "record",
	.operands = "NAME -- COMMAND [ARG]...",
	.help = "Record what a command does into NAME.skr, with a draft suite NAME.test.yaml.",
	.details = "Needs root, as rec(1) does.  Only the command and what it starts is shown to "
		   "rules; environments\n"
		   "and data are taken out.  With rules, the suite expects what they answer.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_UNCONFINED,
	.run = run,
};
