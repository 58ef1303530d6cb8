/*
 * evt.*: number, time, type, category, arguments and result of the event itself.
 */
#include "engine/fields/getters.h"

/* --- number and time --- */

bool get_evt_num(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_u64(f, out, now_event(ctx)->num);
}

static char *put_2digits(char *p, unsigned v)
{
	p[0] = (char)('0' + v / 10 % 10);
	p[1] = (char)('0' + v % 10);
	return p + 2;
}

/* Gregorian date of a day counted from 1970-01-01 (the era begins on 1 March of year 0). */
static char *put_date(char *p, uint64_t days)
{
	uint64_t z = days + 719468;
	uint64_t era = z / 146097, doe = z % 146097;
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (unsigned)((5 * doy + 2) / 153);
	unsigned day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	unsigned month = mp < 10 ? mp + 3 : mp - 9;
	unsigned year = (unsigned)(yoe + era * 400) + (month <= 2);

	p = put_2digits(p, year / 100);
	p = put_2digits(p, year % 100);
	*p++ = '-';
	p = put_2digits(p, month);
	*p++ = '-';
	return put_2digits(p, day);
}

/* At most 35 bytes. */
static size_t format_time(char *out, uint64_t ts_ns, int64_t utc_offset_s, uint32_t which)
{
	uint64_t s = ts_ns / NS_PER_S + (uint64_t)utc_offset_s;
	uint64_t ns = ts_ns % NS_PER_S;
	unsigned in_day = (unsigned)(s % 86400);
	char *p = out;

	if (which & TIME_DATE) {
		p = put_date(p, s / 86400);
		*p++ = which & TIME_ISO ? 'T' : ' ';
	}
	p = put_2digits(p, in_day / 3600);
	*p++ = ':';
	p = put_2digits(p, in_day / 60 % 60);
	*p++ = ':';
	p = put_2digits(p, in_day % 60);
	if (which & TIME_NS) {
		*p++ = '.';
		for (size_t i = 9; i-- > 0; ns /= 10)
			p[i] = (char)('0' + ns % 10);
		p += 9;
	}
	if (which & TIME_ISO) {
		memcpy(p, "+0000", 5);
		p += 5;
	}
	return (size_t)(p - out);
}

static bool put_time(struct field_ctx *ctx, uint64_t ts_ns, int64_t utc_offset_s, uint32_t which,
		     struct value *out)
{
	char *p = arena_bytes(&ctx->scratch, 40);

	return p && put_text(out, (struct sv){ p, format_time(p, ts_ns, utc_offset_s, which) });
}

/*
 * Local time counts from UTC as it does at the moment of running, for events of any date: that is
 * how Falco prints it.  field_parse has put this offset into f->index.
 */
bool get_evt_time(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_time(ctx, now_event(ctx)->ts_ns, f->index, f->def->which, out);
}

bool get_evt_iso8601(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	return put_time(ctx, now_event(ctx)->ts_ns, 0, TIME_DATE | TIME_NS | TIME_ISO, out);
}

static uint64_t time_part(uint64_t ns, uint32_t part)
{
	return part == PART_S ? ns / NS_PER_S : part == PART_NS ? ns % NS_PER_S : ns;
}

bool get_evt_rawtime(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_u64(f, out, time_part(now_event(ctx)->ts_ns, f->def->which));
}

static uint64_t relative_ns(const struct field_ctx *ctx)
{
	return now_event(ctx)->ts_ns - ctx->state->now.base_ts_ns;
}

bool get_evt_reltime(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_u64(f, out, time_part(relative_ns(ctx), f->def->which));
}

/* Time since the event that this very use of the field last saw. */
static uint64_t delta_ns(const struct field_ref *f, const struct field_ctx *ctx)
{
	struct field_use *use = field_use_of(f, ctx);
	uint64_t now = now_event(ctx)->ts_ns;
	uint64_t delta = use->last_ts_ns ? now - use->last_ts_ns : 0;

	use->last_ts_ns = now;
	return delta;
}

bool get_evt_deltatime(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_u64(f, out, time_part(delta_ns(f, ctx), f->def->which));
}

/* Exit-only events have no enter event to measure from. */
bool get_evt_latency(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)ctx;
	return f->type == PT_CHARBUF ? put_cstr(out, "0ns") : put_u64(f, out, 0);
}

static bool put_seconds(struct field_ctx *ctx, uint64_t ns, unsigned width, struct value *out)
{
	struct scratch s = { .arena = &ctx->scratch };

	scratch_put_u64(&s, ns / NS_PER_S);
	scratch_putc(&s, '.');
	scratch_put_padded(&s, ns % NS_PER_S, width);
	return put_scratch(out, &s);
}

bool get_evt_outputtime(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	switch (ctx->time_mode) {
	case 'a':
		return put_seconds(ctx, now_event(ctx)->ts_ns, 1, out);
	case 'r':
		return put_seconds(ctx, relative_ns(ctx), 9, out);
	case 'd':
		return put_cstr(out, "0.000000000");
	case 'D':
		return put_seconds(ctx, delta_ns(f, ctx), 9, out);
	default:
		return put_time(ctx, now_event(ctx)->ts_ns, f->index, TIME_NS, out);
	}
}

/* A filter-only field: comparisons go through field_candidates. */
bool get_nothing(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	(void)ctx;
	(void)out;
	return false;
}

/* --- kind of event --- */

bool get_evt_dir(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	return put_text(out, event_is_exit(now_event(ctx)->type) ? SV("<") : SV(">"));
}

/* A generic event carries any syscall: by portable code, else by the kernel's own number. */
static bool put_generic_name(const struct event *ev, struct value *out)
{
	struct sv code = event_param(ev, 0), native = event_param(ev, 1);
	const struct syscall_desc *sc;

	if (code.n != 2)
		return false;
	sc = schema_syscall(get_le16(code.p));
	if (get_le16(code.p) == 0 && native.n == 2)
		sc = schema_syscall_by_nr(get_le16(native.p));
	return put_cstr(out, sc ? sc->name : "unknown");
}

bool get_evt_type(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);

	(void)f;
	if (ev->type == EV_GENERIC_X)
		return put_generic_name(ev, out);
	if (ev->type == EV_ASYNCEVENT_E)
		return put_text(out, param_text(ev, 1));
	return put_cstr(out, ev->desc->name);
}

bool get_syscall_type(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return (now_event(ctx)->desc->category & EC_SYSCALL) && get_evt_type(f, ctx, out);
}

/* f->index: the id; a name means the first event called so, and its exit. */
bool get_evt_type_is(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	int64_t type = now_event(ctx)->type;

	return put_u64(f, out, type == f->index || (!f->arg_is_index && type == f->index + 1));
}

static const char *io_category(const struct fd *fd)
{
	if (!fd)
		return "unknown";
	switch (fd->type) {
	case FD_FILE:
	case FD_FILE_V2:
	case FD_DIRECTORY:
		return "file";
	case FD_IPV4_SOCK:
	case FD_IPV6_SOCK:
	case FD_IPV4_SERVSOCK:
	case FD_IPV6_SERVSOCK:
		return "net";
	case FD_FIFO:
	case FD_UNIX_SOCK:
	case FD_EVENT:
	case FD_SIGNALFD:
	case FD_INOTIFY:
	case FD_USERFAULTFD:
		return "ipc";
	default:
		return "unknown";
	}
}

static bool category_is_io(uint32_t category)
{
	category &= EC_CLASS_MASK;
	return category == EC_IO_READ || category == EC_IO_WRITE || category == EC_IO_OTHER;
}

bool get_evt_category(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	uint32_t category = now_event(ctx)->desc->category;

	(void)f;
	if (category_is_io(category))
		return put_cstr(out, io_category(ctx->state->now.fd));
	return put_cstr(out, schema_category_name(category));
}

bool get_evt_cpu(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_i64(f, out, (int16_t)now_event(ctx)->cpu);
}

/* which: event flags, one of which must be set */
bool get_evt_flag(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return put_bool(out, now_event(ctx)->desc->flags & f->def->which);
}

bool get_evt_io_dir(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	uint32_t flags = now_event(ctx)->desc->flags;

	(void)f;
	if (flags & EF_WRITES_TO_FD)
		return put_cstr(out, "write");
	return (flags & EF_READS_FROM_FD) && put_cstr(out, "read");
}

bool get_evt_is_syslog(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct fd *fd = ctx->state->now.fd;

	(void)f;
	return put_bool(out, (now_event(ctx)->desc->flags & EF_WRITES_TO_FD) && fd &&
				     sv_find(text_sv(fd->name), SV("/dev/log")) >= 0);
}

/* --- where it comes from --- */

/* Events of another source say so by a plugin id; that plugin is not here to name its source. */
bool get_evt_source(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	uint32_t plugin_id = 0;

	(void)f;
	if (ev->type == EV_PLUGINEVENT_E || ev->type == EV_ASYNCEVENT_E)
		event_u32(ev, 0, &plugin_id);
	return plugin_id == 0 && put_cstr(out, "syscall");
}

bool get_evt_is_async(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	return put_bool(out, now_event(ctx)->desc->category & EC_METAEVENT);
}

bool get_evt_asynctype(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return (now_event(ctx)->desc->category & EC_METAEVENT) && get_evt_type(f, ctx, out);
}

bool get_evt_hostname(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	return put_text(out, ctx->state->machine.hostname);
}

/* --- arguments --- */

bool get_evt_args(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)f;
	return put_text(out, params_text(ctx));
}

/* The parameter that the reference means at this event, or -1. */
static int64_t param_of(const struct field_ref *f, const struct event *ev)
{
	int64_t i = f->param_index ? f->param_index[ev->type] : f->index;

	return i >= 0 && i < known_params(ev) ? i : -1;
}

bool get_evt_arg(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	int64_t i = param_of(f, now_event(ctx));

	return i >= 0 && put_text(out, param_best(ctx, (uint32_t)i));
}

/* Bytes of one parameter read as `type`; false when their number does not fit. */
static bool put_param(struct sv p, const struct param_desc *desc, struct value *out)
{
	enum param_type type = desc->type;
	uint32_t size = schema_type_size(type);
	uint64_t u = 0;

	*out = (struct value){ .type = desc->type, .format = desc->format };
	if (type == PT_IPV4ADDR || type == PT_IPV6ADDR) {
		if (p.n != size)
			return false;
		out->type = PT_IPADDR;
		out->ip = ip_from(p.p, p.n);
		return true;
	}
	if (!value_type_is_integer(type)) {
		out->s = value_type_is_text(type) ? sv_upto_nul(p) : p;
		return true;
	}
	if (p.n != size)
		return false;
	memcpy(&u, p.p, size);
	if (value_type_is_signed(type) && size < 8 && (u >> (size * 8 - 1) & 1))
		u |= UINT64_MAX << (size * 8);
	out->u = u; /* the same bits as .i */
	return true;
}

/* An empty parameter has no raw value, except that empty text reads as "<NA>". */
static bool put_rawarg(const struct event *ev, int64_t i, struct value *out)
{
	if (i < 0)
		return false;

	const struct param_desc *desc = &ev->desc->params[i];

	if (value_type_is_text(desc->type)) {
		*out = (struct value){ .type = desc->type, .s = param_text(ev, (uint32_t)i) };
		return true;
	}
	struct sv p = event_param(ev, (uint32_t)i);

	return p.n > 0 && put_param(p, desc, out);
}

bool get_evt_rawarg(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);

	return put_rawarg(ev, param_of(f, ev), out);
}

/* field_parse resolved the parameter "data" as if the reference were evt.arg.data. */
bool get_evt_buffer(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct event *ev = now_event(ctx);
	int64_t i = param_of(f, ev);

	if (i < 0)
		return false;
	*out = (struct value){ .type = PT_BYTEBUF, .s = event_param(ev, (uint32_t)i) };
	return true;
}

/* --- result --- */

bool event_result(const struct event *ev, int64_t *res)
{
	struct sv p = event_param(ev, 0);

	if (ev->type == EV_GENERIC_X || !(ev->desc->category & EC_SYSCALL) ||
	    !event_is_exit(ev->type) || known_params(ev) == 0)
		return false;
	*res = p.n == 8 ? (int64_t)get_le64(p.p) : p.n == 4 ? (int32_t)get_le32(p.p) : 0;
	return true;
}

bool get_evt_rawres(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	int64_t res;

	return event_result(now_event(ctx), &res) && put_i64(f, out, res);
}

bool get_evt_res(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	int64_t res;

	(void)f;
	if (!event_result(now_event(ctx), &res))
		return false;
	return put_text(out, res >= 0 ? SV("SUCCESS") : param_best(ctx, 0));
}

static uint32_t error_class(const struct field_ctx *ctx)
{
	const struct fd *fd = ctx->state->now.fd;
	const struct event *ev = now_event(ctx);

	if (fd) {
		if (fd_is_file(fd) || fd->type == FD_DIRECTORY)
			return ERRORS_FILE;
		return fd_is_ip(fd) || fd->type == FD_UNIX_SOCK ? ERRORS_NET : ERRORS_OTHER;
	}
	switch (ev->type) {
	case EV_SYSCALL_OPEN_X:
	case EV_SYSCALL_CREAT_X:
	case EV_SYSCALL_OPENAT_2_X:
	case EV_SYSCALL_OPENAT2_X:
	case EV_SYSCALL_OPEN_BY_HANDLE_AT_X:
		return ERRORS_FILE;
	case EV_SOCKET_ACCEPT_5_X:
	case EV_SOCKET_ACCEPT4_6_X:
	case EV_SOCKET_CONNECT_X:
		return ERRORS_NET;
	default:
		return (ev->desc->category & EC_CLASS_MASK) == EC_MEMORY ? ERRORS_MEMORY
									 : ERRORS_OTHER;
	}
}

static bool error_class_applies(const struct field_ctx *ctx, uint32_t which)
{
	if (which == ERRORS_ANY)
		return true;
	/* Memory calls count as such also when they work on an fd (mmap). */
	if (which == ERRORS_MEMORY)
		return (now_event(ctx)->desc->category & EC_CLASS_MASK) == EC_MEMORY;
	return error_class(ctx) == which;
}

bool get_evt_error(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	int64_t res;

	return error_class_applies(ctx, f->def->which) && event_result(now_event(ctx), &res) &&
	       put_u64(f, out, res < 0);
}

bool get_evt_count(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	(void)ctx;
	return put_u64(f, out, 1);
}

bool get_evt_count_exit(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	return event_is_exit(now_event(ctx)->type) && put_u64(f, out, 1);
}

/* which: main threads only */
bool get_evt_count_procinfo(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	const struct thread *t = now_thread(ctx);

	return put_u64(f, out,
		       now_event(ctx)->type == EV_PROCINFO_E &&
			       (!f->def->which || (t && thread_is_main(t))));
}
