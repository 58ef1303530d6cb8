/*
 * Text to field reference.
 *
 * A name may be followed by an argument in brackets (proc.aname[2]) or behind a dot (evt.arg.res);
 * which of them, and what it may be, is the field's business: the table of arguments below.
 */
#include "engine/fields/getters.h"

#include <limits.h>
#include <time.h>

/* The argument as found in the text. */
struct argument {
	struct sv text;
	uint32_t col; /* of its first byte, from 1 */
	bool dotted;
};

typedef int parse_arg(struct field_ref *f, const struct argument *arg, struct arena *arena,
		      struct err *err);

/* The messages are Falco's: with a wrong argument it does not know the field. */
static int refuse(struct err *err, const struct field_ref *f, const struct argument *arg)
{
	return err_at(err, ERR_CHECK, (struct err_pos){ .col = arg->col },
		      "filter_check called with nonexistent field " SV_FMT, SV_ARG(f->text));
}

static int refuse_number(struct err *err, const struct argument *arg)
{
	return err_at(err, ERR_CHECK, (struct err_pos){ .col = arg->col },
		      SV_FMT " is not a valid number", SV_ARG(arg->text));
}

/* --- numbers --- */

/* As sscanf("%d"): blanks and a sign may precede the digits, nothing may follow them. */
static bool parse_number(struct sv s, int64_t *out)
{
	bool negative = false;
	uint64_t v = 0;
	size_t i = 0;

	while (i < s.n && (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')))
		i++;
	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		negative = s.p[i++] == '-';
	if (i == s.n)
		return false;
	for (; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = (int64_t)(negative ? 0 - v : v);
	return true;
}

static bool all_digits(struct sv s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0;
}

static int arg_index(struct field_ref *f, const struct argument *arg, struct arena *arena,
		     struct err *err)
{
	(void)arena;
	if (!parse_number(arg->text, &f->index) || f->index > INT32_MAX || f->index < INT32_MIN)
		return f->def->get == get_evt_arg ? refuse_number(err, arg) : refuse(err, f, arg);
	f->arg_is_index = true;
	return 0;
}

/* --- event parameters --- */

/* Which parameter of each event is called name; *first is the first such in the vocabulary. */
static int8_t *index_param(struct sv name, struct arena *arena, const struct param_desc **first)
{
	int8_t *index = (int8_t *)arena_bytes(arena, EV_COUNT);

	*first = NULL;
	if (!index)
		return NULL;
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		int i = event_param_index(&schema_events[id], name);

		index[id] = (int8_t)i;
		if (i >= 0 && !*first)
			*first = &schema_events[id].params[i];
	}
	return index;
}

static int arg_param_name(struct field_ref *f, const struct argument *arg, struct arena *arena,
			  struct err *err)
{
	const struct param_desc *first;

	f->param_index = index_param(arg->text, arena, &first);
	if (!f->param_index)
		return err_set(err, ERR_NOMEM, "no memory for field '" SV_FMT "'", SV_ARG(f->text));
	if (!first)
		return err_at(err, ERR_CHECK, (struct err_pos){ .col = arg->col },
			      "unknown event argument " SV_FMT, SV_ARG(arg->text));
	if (f->def->type == PT_DYN)
		f->type = first->type;
	return 0;
}

static int arg_param(struct field_ref *f, const struct argument *arg, struct arena *arena,
		     struct err *err)
{
	return arg->dotted ? arg_param_name(f, arg, arena, err) : arg_index(f, arg, arena, err);
}

/* --- others --- */

/* A number is an event id; a name is the first event called so. */
static int arg_event(struct field_ref *f, const struct argument *arg, struct arena *arena,
		     struct err *err)
{
	(void)arena;
	if (parse_number(arg->text, &f->index)) {
		f->arg_is_index = true;
		return 0;
	}
	for (uint32_t id = 0; id < EV_COUNT; id++) {
		if (sv_eq(sv_of(schema_events[id].name), arg->text)) {
			f->index = id;
			return 0;
		}
	}
	return refuse(err, f, arg);
}

static int arg_timestamp(struct field_ref *f, const struct argument *arg, struct arena *arena,
			 struct err *err)
{
	(void)arena;
	if (!parse_number(arg->text, &f->index))
		return refuse_number(err, arg);
	f->arg_is_index = true;
	return 0;
}

static int arg_path_end(struct field_ref *f, const struct argument *arg, struct arena *arena,
			struct err *err)
{
	(void)arena;
	if (!sv_eq(arg->text, SV("src")) && !sv_eq(arg->text, SV("dst")))
		return refuse(err, f, arg);
	f->index = arg->text.p[0] == 's' ? 1 : 2;
	return 0;
}

static int arg_subsystem(struct field_ref *f, const struct argument *arg, struct arena *arena,
			 struct err *err)
{
	(void)arena;
	for (size_t i = 0; i < arg->text.n; i++) {
		char c = arg->text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'))
			return refuse(err, f, arg);
	}
	return 0;
}

/* A variable's name, or for proc.aenv a generation. */
static int arg_variable(struct field_ref *f, const struct argument *arg, struct arena *arena,
			struct err *err)
{
	if (all_digits(arg->text))
		return arg_index(f, arg, arena, err);
	return 0;
}

/* A position, written without leading zero, or a pattern. */
static int arg_mount(struct field_ref *f, const struct argument *arg, struct arena *arena,
		     struct err *err)
{
	(void)arena;
	(void)err;
	f->arg_is_index = all_digits(arg->text) && (arg->text.n == 1 || arg->text.p[0] != '0') &&
			  parse_number(arg->text, &f->index);
	return 0;
}

static int arg_text(struct field_ref *f, const struct argument *arg, struct arena *arena,
		    struct err *err)
{
	(void)f;
	(void)arg;
	(void)arena;
	(void)err;
	return 0;
}

static const struct {
	bool (*get)(const struct field_ref *, struct field_ctx *, struct value *);
	parse_arg *parse;
} arguments[] = {
	{ get_evt_arg, arg_param },
	{ get_evt_rawarg, arg_param_name },
	{ get_evt_type_is, arg_event },
	{ get_evt_abspath, arg_path_end },
	{ get_nothing, arg_timestamp }, /* evt.around, the only filter-only field with argument */
	{ get_thread_cgroup, arg_subsystem },
	{ get_proc_env, arg_variable },
	{ get_proc_aenv, arg_variable },
	{ get_container_mount, arg_mount },
	{ get_container_label, arg_text },
	{ get_pod_label, arg_text },
	{ get_retired, arg_text },
};

static parse_arg *argument_parser(const struct field_def *def)
{
	for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
		if (arguments[i].get == def->get)
			return arguments[i].parse;
	}
	return arg_index;
}

/* --- the reference --- */

/* Old rule files write k8s.pod.label.app; today's syntax only has brackets for it. */
static bool takes_old_dot(const struct field_def *def)
{
	return (def->flags & FF_ARG_REQUIRED) && sv_starts(sv_of(def->name), SV("k8s."));
}

/*
 * Length of the field's name if the text is it, alone or with an argument, else 0.  What stands
 * behind a name tells most of them apart without comparing.
 */
static size_t name_length_in(const struct field_def *def, struct sv text)
{
	size_t n = def->name_n;

	if (n > text.n || (n < text.n && text.p[n] != '[' && text.p[n] != '.'))
		return 0;
	return memcmp(def->name, text.p, n) == 0 ? n : 0;
}

/* The text is the field's name, n bytes long, alone or with an argument as it takes them. */
static bool name_fits(const struct field_def *def, struct sv text, size_t n)
{
	if (text.n == n)
		return true;
	if (text.p[n] == '[')
		return def->flags & FF_ARG_BRACKET;
	return text.p[n] == '.' && ((def->flags & FF_ARG_DOT) || takes_old_dot(def));
}

static const struct field_def *find_def(struct sv text)
{
	const struct field_def *best = NULL;
	size_t best_n = 0;

	for (size_t i = 0; i < field_defs_n; i++) {
		size_t n = name_length_in(&field_defs[i], text);

		if (n > best_n && name_fits(&field_defs[i], text, n)) {
			best = &field_defs[i];
			best_n = n;
		}
	}
	return best;
}

/* Cut the argument out of what follows the name. */
static int split_argument(struct sv text, size_t name_n, struct argument *arg, struct err *err)
{
	struct sv rest = { text.p + name_n + 1, text.n - name_n - 1 };

	arg->dotted = text.p[name_n] == '.';
	arg->col = (uint32_t)name_n + 2;
	arg->text = rest;
	if (arg->dotted)
		return 0;

	const char *close = rest.n ? memchr(rest.p, ']', rest.n) : NULL;

	if (!close)
		return err_at(err, ERR_CHECK, (struct err_pos){ .col = (uint32_t)name_n + 1 },
			      "the parenthesis of field '" SV_FMT "' is never closed",
			      SV_ARG(text));
	if (close != rest.p + rest.n - 1)
		return err_at(err, ERR_CHECK,
			      (struct err_pos){ .col = (uint32_t)(close - text.p) + 2 },
			      "text after ']' in field '" SV_FMT "'", SV_ARG(text));
	arg->text.n--;
	return 0;
}

/* What the local clock shows beyond UTC, now. */
static int64_t utc_offset_s(void)
{
	time_t now = time(NULL);
	struct tm local, utc;
	int64_t day;

	if (!localtime_r(&now, &local) || !gmtime_r(&now, &utc))
		return 0;
	day = local.tm_year != utc.tm_year ? local.tm_year - utc.tm_year
					   : local.tm_yday - utc.tm_yday;
	return ((day * 24 + local.tm_hour - utc.tm_hour) * 60 + local.tm_min - utc.tm_min) * 60;
}

/* What some fields want to know beside their argument. */
static int prepare(struct field_ref *f, struct arena *arena, struct err *err)
{
	const struct param_desc *first;
	struct field_use *use;

	if (f->def->get == get_evt_time || f->def->get == get_evt_outputtime)
		f->index = utc_offset_s();
	if (f->def->get == get_evt_buffer || f->def->get == get_syslog) {
		f->param_index = index_param(SV("data"), arena, &first);
		if (!f->param_index)
			goto nomem;
	}
	if (f->def->flags & FF_PER_USE) {
		use = arena_new(arena, struct field_use);
		if (!use)
			goto nomem;
		use->arena = arena;
		f->use = use;
	}
	return 0;
nomem:
	return err_set(err, ERR_NOMEM, "no memory for field '" SV_FMT "'", SV_ARG(f->text));
}

/* The argument is missing, or where it cannot be. */
static int refuse_shape(const struct field_def *def, struct sv text, struct err *err)
{
	const struct err_pos start = { .col = 1 };
	struct sv name = sv_of(def->name);

	/* Falco has these from its container plugin, which complains in other words. */
	if (sv_starts(name, SV("container.")) || sv_starts(name, SV("k8s.")))
		return err_at(err, ERR_CHECK, start,
			      "filter '" SV_FMT "': %s requires an argument but none provided",
			      SV_ARG(text), def->name);
	if (def->get == get_evt_rawarg && text.n > name.n)
		return err_at(err, ERR_CHECK, start, "evt.arg fields must be expressed explicitly");
	return err_at(err, ERR_CHECK, start, "filter syntax error: " SV_FMT, SV_ARG(text));
}

/* No field fits the text; one that begins it and must have an argument was probably meant. */
static int refuse_unknown(struct sv text, struct err *err)
{
	for (size_t i = 0; i < field_defs_n; i++) {
		size_t n = name_length_in(&field_defs[i], text);

		if (n && n < text.n && (text.p[n] == '[' || text.p[n] == '.') &&
		    (field_defs[i].flags & FF_ARG_REQUIRED))
			return refuse_shape(&field_defs[i], text, err);
	}
	return err_at(err, ERR_CHECK, (struct err_pos){ .col = 1 },
		      "filter_check called with nonexistent field " SV_FMT, SV_ARG(text));
}

static int parse_argument(struct field_ref *f, struct arena *arena, struct err *err)
{
	struct argument arg;
	size_t name_n = strlen(f->def->name);

	if (f->text.n == name_n) {
		if (!(f->def->flags & FF_ARG_REQUIRED))
			return 0;
		return refuse_shape(f->def, f->text, err);
	}
	if (split_argument(f->text, name_n, &arg, err) < 0)
		return -1;
	f->has_arg = true;
	f->arg = arena_sv(arena, arg.text);
	if (!f->arg.p)
		return err_set(err, ERR_NOMEM, "no memory for field '" SV_FMT "'", SV_ARG(f->text));
	return argument_parser(f->def)(f, &arg, arena, err);
}

int field_parse(struct sv text, struct arena *arena, struct field_ref *out, struct err *err)
{
	const struct field_def *def = find_def(text);
	struct field_ref f;

	*out = (struct field_ref){ 0 };
	if (!def)
		return refuse_unknown(text, err);
	f = (struct field_ref){
		.def = def,
		.type = def->type,
		.is_list = def->flags & FF_LIST,
		.index = NO_INDEX,
		.text = arena_sv(arena, text),
	};
	if (!f.text.p)
		return err_set(err, ERR_NOMEM, "no memory for field '" SV_FMT "'", SV_ARG(text));
	if (parse_argument(&f, arena, err) < 0 || prepare(&f, arena, err) < 0)
		return -1;
	*out = f;
	return 0;
}
