#include "tools/scap/redactor.h"

#include "tools/scap/redact_json.h"

#include <stdlib.h>
#include <string.h>

enum { FAMILY_UNIX = 1, TUPLE_HEAD = 17 /* family and two kernel addresses */ };

static const struct {
	const char *name;
	char class;
} kinds[REDACT_KINDS] = {
	[REDACT_ARGS] = { "args", 'a' },   [REDACT_ENV] = { "env", 'e' },
	[REDACT_PATHS] = { "paths", 'p' }, [REDACT_DATA] = { "data", 'd' },
	[REDACT_USERS] = { "users", 'u' },
};

const char *redact_kind_name(enum redact_kind kind)
{
	return kinds[kind].name;
}

void redactor_deinit(struct redactor *r)
{
	tokens_free(r->tokens);
	buf_deinit(&r->bytes);
	*r = (struct redactor){ 0 };
}

uint64_t redactor_distinct(const struct redactor *r, enum redact_kind kind)
{
	return tokens_distinct(r->tokens, kinds[kind].class);
}

/* --- texts --- */

static void put_token(struct redactor *r, enum redact_kind kind, struct sv text)
{
	char token[TOKEN_LENGTH];

	if (!tokens_get(r->tokens, text, kinds[kind].class, token))
		r->bytes.failed = true;
	buf_put(&r->bytes, token, sizeof token);
}

/* What stands for a missing text stays: it says nothing, and readers look for it. */
static bool is_no_text(struct sv s)
{
	return s.n == 0 || sv_eq(s, SV("<NA>")) || sv_eq(s, SV("(NULL)"));
}

/*
 * Each name of a path by itself, so that paths still join and lie in each other.  A deleted
 * program's path ends in a mark that readers cut off.
 */
static void put_path(struct redactor *r, struct sv path)
{
	const struct sv deleted = SV(" (deleted)");
	bool mark = path.n > deleted.n && sv_ends(path, deleted);

	if (is_no_text(path)) {
		buf_putsv(&r->bytes, path);
		return;
	}
	r->replaced[REDACT_PATHS]++;
	path.n -= mark ? deleted.n : 0;
	while (path.n) {
		const char *slash = memchr(path.p, '/', path.n);
		struct sv name;

		sv_take(&path, slash ? (size_t)(slash - path.p) : path.n, &name);
		if (name.n == 0 || sv_eq(name, SV(".")) || sv_eq(name, SV("..")))
			buf_putsv(&r->bytes, name);
		else
			put_token(r, REDACT_PATHS, name);
		if (slash) {
			buf_putc(&r->bytes, '/');
			sv_take(&path, 1, &name);
		}
	}
	if (mark)
		buf_putsv(&r->bytes, deleted);
}

static void put_arg(struct redactor *r, struct sv arg)
{
	if (is_no_text(arg)) {
		buf_putsv(&r->bytes, arg);
		return;
	}
	r->replaced[REDACT_ARGS]++;
	put_token(r, REDACT_ARGS, arg);
}

/* The name of a variable tells little, and rules ask for it. */
static void put_variable(struct redactor *r, struct sv item)
{
	const char *eq = item.n ? memchr(item.p, '=', item.n) : NULL;
	struct sv name = { item.p, eq ? (size_t)(eq - item.p) + 1 : 0 };

	if (is_no_text(item) || name.n == item.n) {
		buf_putsv(&r->bytes, item);
		return;
	}
	r->replaced[REDACT_ENV]++;
	buf_putsv(&r->bytes, name);
	put_token(r, REDACT_ENV, (struct sv){ item.p + name.n, item.n - name.n });
}

static void put_user(struct redactor *r, struct sv name)
{
	if (is_no_text(name)) {
		buf_putsv(&r->bytes, name);
		return;
	}
	r->replaced[REDACT_USERS]++;
	put_token(r, REDACT_USERS, name);
}

/* As long as it was: sizes are told elsewhere, too. */
static void put_data(struct redactor *r, struct sv data)
{
	char token[TOKEN_LENGTH];

	if (data.n == 0)
		return;
	r->replaced[REDACT_DATA]++;
	if (!tokens_get(r->tokens, data, kinds[REDACT_DATA].class, token))
		r->bytes.failed = true;
	for (size_t n = data.n; n > 0; n -= n < sizeof token ? n : sizeof token)
		buf_put(&r->bytes, token, n < sizeof token ? n : sizeof token);
}

typedef void putter(struct redactor *r, struct sv text);

static putter *const putters[REDACT_KINDS] = {
	[REDACT_ARGS] = put_arg,  [REDACT_ENV] = put_variable, [REDACT_PATHS] = put_path,
	[REDACT_DATA] = put_data, [REDACT_USERS] = put_user,
};

void redact_value(struct redactor *r, enum redact_kind kind, struct sv value)
{
	putters[kind](r, value);
}

/* Views stay offsets until the record is done: the buffer moves as it grows. */
static struct sv from(size_t at, const struct redactor *r)
{
	return (struct sv){ (const char *)(uintptr_t)at, r->bytes.n - at };
}

static struct sv redact_text(struct redactor *r, enum redact_kind kind, struct sv text)
{
	size_t at = r->bytes.n;

	putters[kind](r, text);
	return from(at, r);
}

/* NUL-terminated items, the last NUL missing if it was. */
static struct sv redact_items(struct redactor *r, enum redact_kind kind, struct sv items)
{
	bool ends = items.n && items.p[items.n - 1] == '\0';
	size_t at = r->bytes.n;
	struct sv item;

	while (sv_next_item(&items, &item)) {
		putters[kind](r, item);
		if (items.n || ends)
			buf_putc(&r->bytes, '\0');
	}
	return from(at, r);
}

/* A text with its NUL, as parameters have it; what is not one is taken as a whole. */
static struct sv redact_charbuf(struct redactor *r, enum redact_kind kind, struct sv p)
{
	bool ends = p.n && p.p[p.n - 1] == '\0';
	size_t at = r->bytes.n;

	putters[kind](r, ends ? sv_upto_nul(p) : p);
	if (ends)
		buf_putc(&r->bytes, '\0');
	return from(at, r);
}

/* --- fields of records --- */

/* A text of the record that was replaced: its view is fixed when all of them are there. */
struct change {
	struct sv *where, now;
};

struct changes {
	struct change list[EVENT_MAX_PARAMS + 8];
	size_t n;
};

static void change(struct changes *c, struct sv *where, struct sv now)
{
	c->list[c->n++] = (struct change){ where, now };
}

static void apply(const struct redactor *r, const struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		*c->list[i].where =
			(struct sv){ r->bytes.p + (uintptr_t)c->list[i].now.p, c->list[i].now.n };
}

static void redact_proc(struct redactor *r, struct proc_entry *p, struct changes *c)
{
	struct sv *paths[] = { &p->exe, &p->exepath, &p->cwd, &p->root };

	for (size_t i = 0; r->wanted[REDACT_PATHS] && i < sizeof paths / sizeof *paths; i++)
		change(c, paths[i], redact_text(r, REDACT_PATHS, *paths[i]));
	if (r->wanted[REDACT_ARGS])
		change(c, &p->args, redact_items(r, REDACT_ARGS, p->args));
	if (r->wanted[REDACT_ENV])
		change(c, &p->env, redact_items(r, REDACT_ENV, p->env));
}

static bool has_path(const struct fd_entry *f)
{
	switch (f->type) {
	case FD_FILE:
	case FD_FILE_V2:
	case FD_DIRECTORY:
	case FD_MEMFD:
	case FD_UNIX_SOCK:
		return true;
	default:
		return f->name.n && f->name.p[0] == '/';
	}
}

static void redact_fd(struct redactor *r, struct fd_entry *f, struct changes *c)
{
	if (r->wanted[REDACT_PATHS] && has_path(f))
		change(c, &f->name, redact_text(r, REDACT_PATHS, f->name));
}

/* A home is a path, and mostly tells the user's name. */
static bool redacts_homes(const struct redactor *r)
{
	return r->wanted[REDACT_PATHS] || r->wanted[REDACT_USERS];
}

static enum redact_kind home_kind(const struct redactor *r)
{
	return r->wanted[REDACT_PATHS] ? REDACT_PATHS : REDACT_USERS;
}

static void redact_user(struct redactor *r, struct user_entry *u, struct changes *c)
{
	if (r->wanted[REDACT_USERS])
		change(c, &u->name, redact_text(r, REDACT_USERS, u->name));
	if (redacts_homes(r))
		change(c, &u->homedir, redact_text(r, home_kind(r), u->homedir));
}

/* --- events --- */

/* Parameters by name, where their type does not say enough. */
static const struct {
	const char *name;
	enum redact_kind kind;
	bool items;
} by_name[] = {
	{ "args", REDACT_ARGS, true },           { "argv", REDACT_ARGS, false },
	{ "uargs", REDACT_ARGS, false },         { "env", REDACT_ENV, true },
	{ "cwd", REDACT_PATHS, false },          { "exe", REDACT_PATHS, false },
	{ "path", REDACT_PATHS, false },         { "oldpath", REDACT_PATHS, false },
	{ "newpath", REDACT_PATHS, false },      { "target", REDACT_PATHS, false },
	{ "special", REDACT_PATHS, false },      { "dev", REDACT_PATHS, false },
	{ "key", REDACT_PATHS, false },          { "quotafilepath", REDACT_PATHS, false },
	{ "data", REDACT_DATA, false },          { "msgcontrol", REDACT_DATA, false },
	{ "img", REDACT_DATA, false },           { "event_data", REDACT_DATA, false },
	{ "value_bytebuf", REDACT_DATA, false }, { "value_charbuf", REDACT_DATA, false },
};

static bool is_user_event(uint16_t type)
{
	return type >= EV_USER_ADDED_E && type <= EV_GROUP_DELETED_E;
}

/* The unix path at the end of a socket parameter. */
static void redact_socket(struct redactor *r, struct sv *p, bool tuple, struct changes *c)
{
	size_t head = tuple ? TUPLE_HEAD : 1, at = r->bytes.n;

	if (!r->wanted[REDACT_PATHS] || p->n <= head || p->p[0] != FAMILY_UNIX)
		return;
	buf_put(&r->bytes, p->p, head);
	redact_charbuf(r, REDACT_PATHS, (struct sv){ p->p + head, p->n - head });
	change(c, p, from(at, r));
}

static void redact_named(struct redactor *r, const struct param_desc *d, struct sv *p,
			 struct changes *c)
{
	for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++) {
		enum redact_kind kind = by_name[i].kind;

		if (strcmp(by_name[i].name, d->name) != 0)
			continue;
		if (!r->wanted[kind])
			return;
		if (by_name[i].items && d->type == PT_BYTEBUF)
			change(c, p, redact_items(r, kind, *p));
		else if (d->type == PT_BYTEBUF)
			change(c, p, redact_text(r, kind, *p));
		else
			change(c, p, redact_charbuf(r, kind, *p));
		return;
	}
}

static void redact_param(struct redactor *r, const struct event *ev, uint32_t i, struct sv *p,
			 struct changes *c)
{
	const struct param_desc *d = &ev->desc->params[i];
	struct sv name = sv_of(d->name);

	switch ((enum param_type)d->type) {
	case PT_FSPATH:
	case PT_FSRELPATH:
		if (r->wanted[REDACT_PATHS])
			change(c, p, redact_charbuf(r, REDACT_PATHS, *p));
		return;
	case PT_SOCKADDR:
	case PT_SOCKTUPLE:
		redact_socket(r, p, d->type == PT_SOCKTUPLE, c);
		return;
	case PT_CHARBUF:
	case PT_BYTEBUF:
		break;
	default:
		return;
	}
	if (is_user_event(ev->type)) {
		if (r->wanted[REDACT_USERS] && sv_eq(name, SV("name")))
			change(c, p, redact_charbuf(r, REDACT_USERS, *p));
		else if (redacts_homes(r) && sv_eq(name, SV("home")))
			change(c, p, redact_charbuf(r, home_kind(r), *p));
	} else if (ev->type == EV_SYSCALL_MEMFD_CREATE_X && d->type == PT_CHARBUF) {
		if (r->wanted[REDACT_PATHS])
			change(c, p, redact_charbuf(r, REDACT_PATHS, *p));
	} else {
		redact_named(r, d, p, c);
	}
}

/* Container events tell of environments, mounts and users, too. */
static int redact_description(struct redactor *r, struct event *ev, struct changes *c,
			      struct err *err)
{
	uint32_t i = ev->type == EV_ASYNCEVENT_E ? 2 : 0;
	size_t at = r->bytes.n;

	if (i >= ev->nparams)
		return 0;
	int rc = redact_json(r, event_param(ev, i), err);
	if (rc > 0)
		change(c, &ev->params[i], from(at, r));
	return rc < 0 ? -1 : 0;
}

static int redact_event(struct redactor *r, struct event *ev, struct changes *c, struct err *err)
{
	if (ev->type == EV_CONTAINER_JSON_2_E || ev->type == EV_CONTAINER_JSON_E ||
	    ev->type == EV_ASYNCEVENT_E)
		return redact_description(r, ev, c, err);
	for (uint32_t i = 0; i < ev->nparams && i < ev->desc->nparams; i++)
		redact_param(r, ev, i, &ev->params[i], c);
	return 0;
}

int redact_record(struct redactor *r, struct record *rec, struct err *err)
{
	struct changes c = { .n = 0 };
	int rc = 0;

	buf_clear(&r->bytes);
	switch (rec->kind) {
	case RECORD_PROC:
		redact_proc(r, &rec->proc, &c);
		break;
	case RECORD_FD:
		redact_fd(r, &rec->fd, &c);
		break;
	case RECORD_USER:
		redact_user(r, &rec->user, &c);
		break;
	case RECORD_GROUP:
		if (r->wanted[REDACT_USERS])
			change(&c, &rec->group.name, redact_text(r, REDACT_USERS, rec->group.name));
		break;
	case RECORD_EVENT:
		rc = redact_event(r, &rec->event, &c, err);
		break;
	case RECORD_SECTION:
	case RECORD_MACHINE:
	case RECORD_IFACES_BEGIN:
	case RECORD_IFACE:
	case RECORD_USERS_BEGIN:
	case RECORD_LOSS:
	case RECORD_STATE:
		break;
	}
	if (r->bytes.failed)
		return err_set(err, ERR_NOMEM, "no memory for tokens");
	apply(r, &c);
	return rc;
}
