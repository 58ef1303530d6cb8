/*
 * evt.*: what the event did with data and files: sizes, open modes, paths; and texts that some
 * events carry inside (docker events, syslog lines).
 */
#include "engine/fields/getters.h"

/* --- sizes --- */

static bool buflen_applies(uint32_t which, const struct event_desc *desc, const struct fd *fd)
{
	uint32_t category = desc->category & EC_CLASS_MASK;

	if (which & BUFLEN_IN ? category != EC_IO_READ
	    : which & BUFLEN_OUT
		    ? category != EC_IO_WRITE
		    : category != EC_IO_READ && category != EC_IO_WRITE && category != EC_IO_OTHER)
		return false;
	if (which & BUFLEN_FILE)
		return fd_is_file(fd);
	return !(which & BUFLEN_NET) || fd_is_ip(fd);
}

bool get_evt_buflen(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	const struct fd *fd = ctx->state->now.fd;
	int64_t res;

	return fd && buflen_applies(f->def->which, ev->desc, fd) && event_result(ev, &res) &&
	       res >= 0 && put_u64(f, out, (uint64_t)res);
}

/* --- how a file was opened --- */

enum { O_CREAT_BIT = 0x4, O_TMPFILE_BIT = 0x2000, MODE_EXEC_BITS = 0111 };

static uint32_t param_u32(const struct event *ev, uint32_t i)
{
	uint32_t v = 0;

	event_u32(ev, i, &v);
	return v;
}

static bool opened_executable(const struct event *ev, uint32_t flags, uint32_t mode_param)
{
	return (flags & (O_CREAT_BIT | O_TMPFILE_BIT)) &&
	       (param_u32(ev, mode_param) & MODE_EXEC_BITS);
}

/* An open that failed still says how the file was meant to be opened. */
bool get_evt_is_open(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	uint32_t which = f->def->which, flags_param;
	bool has_mode = true;

	switch (ev->type) {
	case EV_SYSCALL_OPEN_BY_HANDLE_AT_X:
		has_mode = false;
		flags_param = 2;
		break;
	case EV_SYSCALL_OPEN_X:
		flags_param = 2;
		break;
	case EV_SYSCALL_OPENAT_2_X:
	case EV_SYSCALL_OPENAT2_X:
		flags_param = 3;
		break;
	case EV_SYSCALL_CREAT_X:
		return put_bool(out, which == OPEN_EXEC && (param_u32(ev, 2) & MODE_EXEC_BITS));
	default:
		return put_bool(out, false);
	}

	uint32_t flags = param_u32(ev, flags_param);
	int64_t res;

	if (which == OPEN_EXEC)
		return put_bool(out, has_mode && opened_executable(ev, flags, flags_param + 1));
	if (flags & which)
		return put_bool(out, true);
	return put_bool(out, which == OPEN_CREATE && (flags & O_TMPFILE_BIT) &&
				     event_result(ev, &res) && res >= 0);
}

/* --- absolute paths --- */

struct sv join_scratch(struct field_ctx *ctx, struct sv dir, struct sv path)
{
	char *out = arena_bytes(&ctx->scratch, 1024);

	return out ? path_join(dir, path, out) : (struct sv){ "", 0 };
}

struct sv directory_path(struct field_ctx *ctx, struct sv name)
{
	struct scratch s = { .arena = &ctx->scratch };

	if (name.n == 0 || name.p[name.n - 1] == '/')
		return name;
	scratch_put(&s, name);
	scratch_putc(&s, '/');
	return scratch_sv(&s);
}

struct sv path_origin(struct field_ctx *ctx, struct sv path, int64_t dirfd)
{
	const struct thread *t = now_thread(ctx);

	if (path.n && path.p[0] == '/')
		return SV(".");
	if (!t)
		return SV("<UNKNOWN>");
	if (dirfd == AT_CWD)
		return thread_cwd(t);

	const struct fd *fd = fd_table_get(thread_fds(t), dirfd);

	return fd ? directory_path(ctx, text_sv(fd->name)) : SV("<UNKNOWN>");
}

/* Parameters of the directory and of the path; [1] for evt.abspath.dst where that is another. */
static const struct {
	uint16_t type;
	uint8_t dirfd[2], path[2];
} abspath_params[] = {
	{ EV_SYSCALL_RENAMEAT_X, { 1, 3 }, { 2, 4 } },
	{ EV_SYSCALL_RENAMEAT2_X, { 1, 3 }, { 2, 4 } },
	{ EV_SYSCALL_LINKAT_2_X, { 1, 3 }, { 2, 4 } },
	{ EV_SYSCALL_SYMLINKAT_X, { 2, 2 }, { 3, 3 } },
	{ EV_SYSCALL_OPENAT_2_X, { 1, 1 }, { 2, 2 } },
	{ EV_SYSCALL_OPENAT2_X, { 1, 1 }, { 2, 2 } },
	{ EV_SYSCALL_UNLINKAT_2_X, { 1, 1 }, { 2, 2 } },
	{ EV_SYSCALL_MKDIRAT_X, { 1, 1 }, { 2, 2 } },
	{ EV_SYSCALL_FCHMODAT_X, { 1, 1 }, { 2, 2 } },
	{ EV_SYSCALL_FCHOWNAT_X, { 1, 1 }, { 2, 2 } },
};

bool abspath_possible(uint32_t event_type)
{
	for (size_t i = 0; i < sizeof abspath_params / sizeof abspath_params[0]; i++) {
		if (abspath_params[i].type == event_type)
			return true;
	}
	return event_type == EV_SYSCALL_OPEN_BY_HANDLE_AT_X;
}

/* Where the path counts from.  A named fd gets a '/' even after one: Falco does. */
static struct sv abspath_base(struct field_ctx *ctx, const struct thread *t, struct sv path,
			      int64_t dirfd)
{
	struct scratch s = { .arena = &ctx->scratch };
	const struct fd *fd;

	if (path.n && path.p[0] == '/')
		return SV(".");
	if (dirfd == AT_CWD)
		return thread_cwd(t);
	fd = fd_table_get(thread_fds(t), dirfd);
	scratch_put(&s, fd ? text_sv(fd->name) : SV("<UNKNOWN>"));
	scratch_putc(&s, '/');
	return scratch_sv(&s);
}

bool get_evt_abspath(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	const struct thread *t = now_thread(ctx);
	int64_t dirfd;
	struct sv path;

	if (!t)
		return false;
	if (ev->type == EV_SYSCALL_OPEN_BY_HANDLE_AT_X)
		return event_result(ev, &dirfd) && dirfd > 0 && event_text(ev, 3, &path) &&
		       put_text(out, join_scratch(ctx, SV(""), path));
	for (size_t i = 0; i < sizeof abspath_params / sizeof abspath_params[0]; i++) {
		size_t dst = f->index == 2;

		if (abspath_params[i].type != ev->type)
			continue;
		if (!event_i64(ev, abspath_params[i].dirfd[dst], &dirfd) ||
		    !event_text(ev, abspath_params[i].path[dst], &path))
			return false;
		return put_text(out, join_scratch(ctx, abspath_base(ctx, t, path, dirfd), path));
	}
	return false;
}

/* --- docker events --- */

static struct sv trim(struct sv s)
{
	while (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
		s = (struct sv){ s.p + 1, s.n - 1 };
	while (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
		s.n--;
	return s;
}

static struct sv cut(struct sv *rest, char delimiter)
{
	const char *hit = rest->n ? memchr(rest->p, delimiter, rest->n) : NULL;
	size_t n = hit ? (size_t)(hit - rest->p) : rest->n;
	struct sv head = { rest->p, n };

	rest->p += hit ? n + 1 : n;
	rest->n -= hit ? n + 1 : n;
	return head;
}

/* "Key: value; Key: value"; of an image the digest is cut off unless it is all there is. */
static struct sv docker_value(struct sv element, uint32_t which)
{
	struct sv rest = element;

	cut(&rest, ':');
	struct sv all = rest, value = cut(&rest, ':');

	if (which == DOCKER_IMAGE) {
		struct sv image = value;

		if (memchr(value.p, '@', value.n))
			value = cut(&image, '@');
		else if (sv_find(value, SV("sha256")) >= 0)
			value = all;
	}
	value = trim(value);
	if (which == DOCKER_ID && value.n > 12)
		value.n = 12;
	return value;
}

bool get_evt_infra_docker(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	static const struct sv keys[] = {
		[DOCKER_NAME] = { "Event", 5 },
		[DOCKER_ID] = { "ID", 2 },
		[DOCKER_CONTAINER_NAME] = { "name", 4 },
		[DOCKER_IMAGE] = { "Image", 5 },
	};
	const struct event *ev = now_event(ctx);
	struct sv rest;

	if (ev->type != EV_INFRASTRUCTURE_EVENT_E || !event_text(ev, 2, &rest))
		return false;
	while (rest.n) {
		struct sv element = trim(cut(&rest, ';'));

		if (sv_starts(element, keys[f->def->which]) && memchr(element.p, ':', element.n))
			return put_text(out, docker_value(element, f->def->which));
	}
	return false;
}

/* --- syslog --- */

static const char *const facility_names[] = {
	"kern",   "user",   "mail",     "daemon", "auth",   "syslog",   "lpr",      "news",
	"uucp",   "clock",  "authpriv", "ftp",    "ntp",    "logaudit", "logalert", "cron",
	"local0", "local1", "local2",   "local3", "local4", "local5",   "local6",   "local7",
};
static const char *const severity_names[] = {
	"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug",
};

/* "<PRI>message" written to /dev/log. */
static bool syslog_line(const struct field_ref *f, const struct field_ctx *ctx, uint32_t *pri,
			struct sv *message)
{
	const struct event *ev = now_event(ctx);
	const struct fd *fd = ctx->state->now.fd;
	int64_t i = f->param_index[ev->type];

	if (!(ev->desc->flags & EF_WRITES_TO_FD) || !fd || i < 0 ||
	    sv_find(text_sv(fd->name), SV("/dev/log")) < 0)
		return false;

	struct sv data = sv_upto_nul(event_param(ev, (uint32_t)i));
	size_t digits = 1;

	*pri = 0;
	while (digits < data.n && digits < 5 && data.p[digits] >= '0' && data.p[digits] <= '9')
		*pri = *pri * 10 + (uint32_t)(data.p[digits++] - '0');
	if (digits < 2 || digits >= data.n || data.p[0] != '<' || data.p[digits] != '>')
		return false;
	*message = (struct sv){ data.p + digits + 1, data.n - digits - 1 };
	return true;
}

bool get_syslog(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	uint32_t pri;
	struct sv message;

	if (!syslog_line(f, ctx, &pri, &message))
		return false;
	if (f->def->which == SYSLOG_MESSAGE)
		return put_text(out, message);

	uint32_t number = f->def->which == SYSLOG_FACILITY ? pri >> 3 : pri & 7;

	if (f->type != PT_CHARBUF)
		return put_u64(f, out, number);
	if (f->def->which == SYSLOG_SEVERITY)
		return put_cstr(out, severity_names[number]);
	return put_cstr(out, number < sizeof facility_names / sizeof facility_names[0]
				     ? facility_names[number]
				     : "<NA>");
}
