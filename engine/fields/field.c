/*
 * The table of fields and what can be told of a reference without an event.
 */
#include "engine/fields/field.h"

#include "engine/fields/getters.h"

#define FIELD(class, name, type, format, flags, arg, get, which, help)                             \
	{ name, sizeof(name) - 1, class, PT_##type, PF_##format, flags, arg, help, get, which },
const struct field_def field_defs[] = {
#include "engine/fields/fields.def"
};
const size_t field_defs_n = sizeof field_defs / sizeof field_defs[0];

/* --- JSON --- */

static bool get_without_memory(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	struct field_use fresh = { .run = ctx->run };
	struct field_ref once = *f;

	if (!(f->def->flags & FF_PER_USE))
		return field_get(f, ctx, out);
	fresh.arena = &ctx->scratch;
	once.use = &fresh;
	return field_get(&once, ctx, out);
}

bool field_get_json(const struct field_ref *f, struct field_ctx *ctx, struct value *out)
{
	if (!get_without_memory(f, ctx, out))
		return false;
	if (!(f->def->flags & (FF_JSON_TIMESTAMP | FF_JSON_PLAIN)))
		return true;
	if (f->def->flags & FF_JSON_TIMESTAMP)
		out->u = now_event(ctx)->ts_ns;
	/* Signed: an event can be older than the one its time is relative to. */
	*out = (struct value){ .type = PT_INT64, .i = (int64_t)out->u, .format = PF_DEC };
	return true;
}

/* --- comparisons --- */

/*
 * proc.aenv is compared with the environments of all ancestors, even when a generation is given, as
 * in Falco.  Only with the name of a variable it is one value.
 */
enum field_compare field_compare_kind(const struct field_ref *f)
{
	if (f->def->get == get_proc_aenv)
		return f->has_arg && !f->arg_is_index && f->arg.n ? COMPARE_VALUE
								  : COMPARE_ANY_ANCESTOR;
	if (f->def->flags & FF_ANY_ANCESTOR)
		return f->index == NO_INDEX ? COMPARE_ANY_ANCESTOR : COMPARE_VALUE;
	if (f->def->flags & FF_EITHER_END)
		return COMPARE_EITHER_END;
	return f->def->flags & FF_AROUND ? COMPARE_AROUND : COMPARE_VALUE;
}

bool field_candidates(const struct field_ref *f, struct field_ctx *ctx, const struct value **items,
		      size_t *n)
{
	struct value *value;

	switch (field_compare_kind(f)) {
	case COMPARE_ANY_ANCESTOR:
		*n = ancestor_candidates(f, ctx, items);
		return *n > 0;
	case COMPARE_EITHER_END:
		return end_candidates(f, ctx, items, n);
	case COMPARE_VALUE:
		value = arena_new(&ctx->scratch, struct value);
		*items = value;
		*n = 1;
		return value && field_get(f, ctx, value);
	case COMPARE_AROUND:
		value = arena_new(&ctx->scratch, struct value);
		*items = value;
		*n = 1;
		return value && put_u64(f, value, now_event(ctx)->ts_ns);
	}
	return false;
}

/* --- what the event's type decides --- */

enum verdict { OPEN_QUESTION, ALWAYS_MISSING, ALWAYS_VALUE };

/* The value that get_fixed will find for every event of this type. */
static enum verdict fixed_by_type(const struct field_ref *f, const struct event_desc *desc,
				  struct value *out)
{
	static const struct state no_state;
	struct event ev = { .type = desc->id, .desc = desc };
	struct field_ctx ctx = { 0 };
	struct state s = no_state;

	s.now.ev = &ev;
	ctx.state = &s;
	return f->def->get(f, &ctx, out) ? ALWAYS_VALUE : ALWAYS_MISSING;
}

static enum verdict missing_if(bool missing)
{
	return missing ? ALWAYS_MISSING : OPEN_QUESTION;
}

static bool has_result(const struct event_desc *desc)
{
	return desc->id != EV_GENERIC_X && (desc->category & EC_SYSCALL) &&
	       event_is_exit(desc->id) && desc->nparams > 0;
}

static bool is_open_type(uint32_t type)
{
	return type == EV_SYSCALL_OPEN_X || type == EV_SYSCALL_OPENAT_2_X ||
	       type == EV_SYSCALL_OPENAT2_X || type == EV_SYSCALL_OPEN_BY_HANDLE_AT_X ||
	       type == EV_SYSCALL_CREAT_X;
}

static enum verdict category_verdict(const struct field_ref *f, const struct event_desc *desc,
				     struct value *out)
{
	uint32_t category = desc->category & EC_CLASS_MASK;

	if (category == EC_IO_READ || category == EC_IO_WRITE || category == EC_IO_OTHER)
		return OPEN_QUESTION; /* the fd says which */
	return fixed_by_type(f, desc, out);
}

static enum verdict type_verdict(const struct field_ref *f, const struct event_desc *desc,
				 struct value *out)
{
	if (f->def->get == get_syscall_type && !(desc->category & EC_SYSCALL))
		return ALWAYS_MISSING;
	if (f->def->get == get_evt_asynctype && !(desc->category & EC_METAEVENT))
		return ALWAYS_MISSING;
	if (desc->id == EV_GENERIC_X || desc->id == EV_ASYNCEVENT_E)
		return OPEN_QUESTION; /* a parameter says which */
	return fixed_by_type(f, desc, out);
}

static enum verdict open_verdict(const struct field_ref *f, const struct event_desc *desc,
				 struct value *out)
{
	return is_open_type(desc->id) ? OPEN_QUESTION : fixed_by_type(f, desc, out);
}

static enum verdict verdict_of(const struct field_ref *f, const struct event_desc *desc,
			       struct value *out)
{
	bool (*get)(const struct field_ref *, struct field_ctx *, struct value *) = f->def->get;

	if (f->def->flags & FF_EVENT_TYPE_ONLY)
		return fixed_by_type(f, desc, out);
	if ((f->def->flags & FF_NEEDS_FD) &&
	    !(desc->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD)))
		return ALWAYS_MISSING;
	if (get == get_evt_type || get == get_syscall_type || get == get_evt_asynctype)
		return type_verdict(f, desc, out);
	if (get == get_evt_category)
		return category_verdict(f, desc, out);
	if (get == get_evt_is_open)
		return open_verdict(f, desc, out);
	if (get == get_evt_is_syslog)
		return desc->flags & EF_WRITES_TO_FD ? OPEN_QUESTION : fixed_by_type(f, desc, out);
	if (get == get_evt_res || get == get_evt_rawres || get == get_evt_error ||
	    get == get_evt_buflen)
		return missing_if(!has_result(desc));
	if (get == get_evt_arg && !f->param_index)
		return missing_if(f->index < 0 || f->index >= desc->nparams);
	if (f->param_index)
		return missing_if(f->param_index[desc->id] < 0);
	if (get == get_fs_path)
		return missing_if(!fs_path_possible(f, desc->id));
	if (get == get_evt_abspath)
		return missing_if(!abspath_possible(desc->id));
	if (get == get_evt_infra_docker)
		return missing_if(desc->id != EV_INFRASTRUCTURE_EVENT_E);
	if (get == get_fdlist)
		return missing_if(desc->id != EV_SYSCALL_POLL_X && desc->id != EV_SYSCALL_PPOLL_X);
	if (get == get_thread_cpu)
		return missing_if(desc->id != EV_PROCINFO_E);
	return OPEN_QUESTION;
}

bool field_decided_by_type(const struct field_ref *f, uint32_t event_type, bool *missing,
			   struct value *out)
{
	const struct event_desc *desc = schema_event(event_type);
	enum verdict verdict = desc ? verdict_of(f, desc, out) : OPEN_QUESTION;

	*missing = verdict == ALWAYS_MISSING;
	return verdict != OPEN_QUESTION;
}
