/* Alerts as lines: on standard output, in a file, into a program's standard input. */
#include "capture/rec/outlets.h"
#include "tools/common/human.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct stream {
	FILE *out;
	char *path;          /* of a file: it may be moved away (logrotate) */
	const char *command; /* of a program, or NULL */
	pid_t child;
	bool clean; /* a terminal: what comes from events must not drive it */
	struct buf line;
};

static void close_stream(void *self)
{
	struct stream *s = self;

	if (s->out && s->out != stdout)
		fclose(s->out);
	else if (s->out)
		fflush(s->out);
	if (s->child > 0)
		waitpid(s->child, NULL, 0);
	buf_deinit(&s->line);
	free(s->path);
	free(s);
}

static struct stream *stream_new(void **out, struct err *err)
{
	struct stream *s = calloc(1, sizeof *s);

	*out = s;
	if (!s)
		err_set(err, ERR_NOMEM, "no memory for alerts");
	return s;
}

static bool deliver(void *self, const struct alert_note *note)
{
	struct stream *s = self;
	struct sv line = note->line;

	if (!s->out)
		return false;
	if (s->clean) {
		buf_clear(&s->line);
		human_text(&s->line, line);
		line = s->line.failed ? SV("") : buf_sv(&s->line);
	}
	fwrite(line.p, 1, line.n, s->out);
	putc('\n', s->out);
	return !ferror(s->out);
}

static void flush(void *self)
{
	struct stream *s = self;

	if (s->out) {
		fflush(s->out);
		clearerr(s->out);
	}
}

/* --- standard output --- */

static int open_stdout(const struct outlet_options *opt, void **out, struct err *err)
{
	struct stream *s = stream_new(out, err);

	if (!s)
		return -1;
	s->out = stdout;
	s->clean = !opt->json && isatty(STDOUT_FILENO);
	return 0;
}

const struct outlet_kind outlet_stdout = { "stdout", open_stdout, deliver, flush, close_stream };

/* --- files --- */

static FILE *append_to(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : fdopen(fd, "a");
}

static int open_file(const struct outlet_options *opt, void **out, struct err *err)
{
	struct stream *s = stream_new(out, err);

	if (!s)
		return -1;
	s->path = strdup(opt->where);
	s->out = s->path ? append_to(s->path) : NULL;
	if (s->out)
		return 0;
	err_errno(err, "cannot write %s", opt->where);
	close_stream(s);
	*out = NULL;
	return -1;
}

const struct outlet_kind outlet_file = { "file:", open_file, deliver, flush, close_stream };

/* --- programs --- */

static int start_program(struct stream *s)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	s->child = fork();
	if (s->child == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", s->command, (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	s->out = s->child > 0 ? fdopen(ends[1], "w") : NULL;
	if (!s->out)
		close(ends[1]);
	return s->out ? 0 : -1;
}

static int open_program(const struct outlet_options *opt, void **out, struct err *err)
{
	struct stream *s = stream_new(out, err);

	if (!s)
		return -1;
	s->path = strdup(opt->where);
	s->command = s->path;
	if (s->command && start_program(s) == 0)
		return 0;
	err_errno(err, "cannot run %s", opt->where);
	close_stream(s);
	*out = NULL;
	return -1;
}

/* A program that went away is started again by the next alert, which may be lost with it. */
static bool deliver_to_program(void *self, const struct alert_note *note)
{
	struct stream *s = self;

	if (!s->out && start_program(s) < 0)
		return false;
	if (deliver(s, note) && fflush(s->out) == 0)
		return true;
	fclose(s->out);
	s->out = NULL;
	waitpid(s->child, NULL, 0);
	s->child = 0;
	return false;
}

const struct outlet_kind outlet_program = { "program:", open_program, deliver_to_program, flush,
					    close_stream };
