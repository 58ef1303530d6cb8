#include "capture/rec/callset.h"

static bool names_class(uint32_t category, struct sv word)
{
	return sv_eq(sv_of(schema_category_name(category)), word);
}

static const struct event_desc *event_of(const struct syscall_desc *call)
{
	return call->exit_event ? schema_event(call->exit_event) : NULL;
}

static bool keeps_state(const struct syscall_desc *call)
{
	const struct event_desc *event = event_of(call);

	return event && (event->flags & EF_MODIFIES_STATE);
}

static void set_call(struct driver_set *set, uint32_t code, bool on)
{
	if (on)
		driver_set_add(set, code);
	else
		driver_set_remove(set, code);
}

/* False: there is no such class. */
static bool set_class(struct driver_set *set, struct sv name, bool on)
{
	bool found = false;

	for (uint32_t code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);
		const struct event_desc *event = call ? event_of(call) : NULL;

		if (event && names_class(event->category, name)) {
			set_call(set, code, on);
			found = true;
		}
	}
	return found;
}

static bool set_word(struct driver_set *set, struct sv word, bool on)
{
	const struct {
		struct sv name;
		bool *flag;
	} others[] = { { SV("pagefaults"), &set->page_faults },
		       { SV("switches"), &set->switches },
		       { SV("signals"), &set->signals } };
	const struct syscall_desc *call = schema_syscall_by_name(word);
	struct sv head;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (sv_eq(word, others[i].name)) {
			*others[i].flag = on;
			return true;
		}
	}
	if (call) {
		set_call(set, call->code, on);
		return true;
	}
	return word.n > 1 && word.p[0] == '%' && sv_take(&word, 1, &head) &&
	       set_class(set, word, on);
}

static void add_state_calls(struct driver_set *set)
{
	set->process_exits = true;
	for (uint32_t code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);

		if (call && keeps_state(call))
			driver_set_add(set, code);
	}
}

/* The word up to the next comma. */
static struct sv next_word(struct sv *rest)
{
	const char *comma = memchr(rest->p, ',', rest->n);
	struct sv word = { rest->p, comma ? (size_t)(comma - rest->p) : rest->n };
	size_t used = word.n + (comma != NULL);

	*rest = (struct sv){ rest->p + used, rest->n - used };
	return word;
}

static bool takes_away(struct sv word)
{
	return word.n && (word.p[0] == '-' || word.p[0] == '!');
}

int callset_parse(const char *text, struct driver_set *out, struct err *err)
{
	struct sv rest = sv_of(text), word = rest, head;

	*out = takes_away(rest) ? driver_set_all() : (struct driver_set){ 0 };
	do {
		word = next_word(&rest);
		bool on = !takes_away(word);

		if (!on)
			sv_take(&word, 1, &head);
		if (on && sv_eq(word, SV("all")))
			*out = driver_set_all();
		else if (!set_word(out, word, on))
			return err_set(err, ERR_USAGE,
				       "option --syscalls does not know '" SV_FMT
				       "' (names of system calls, %%classes of events, "
				       "signals, pagefaults, switches)",
				       SV_ARG(word));
	} while (rest.n);
	add_state_calls(out);
	return 0;
}

void callset_missing(const struct driver_set *set, struct buf *out)
{
	const char *separator = "";

	for (uint32_t code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);

		if (!call || driver_set_has(set, code))
			continue;
		buf_printf(out, "%s%s", separator, call->name);
		separator = ",";
	}
}

/* --- giving up --- */

static const struct step {
	const char *name;
	uint32_t classes; /* bit per EC_* */
} steps[CALLSET_STEPS] = {
	{ "page faults, switches, signals", 0 },
	{ "waiting, time, memory",
	  1u << EC_WAIT | 1u << EC_TIME | 1u << EC_SLEEP | 1u << EC_MEMORY | 1u << EC_SIGNAL },
	{ "reading and writing", 1u << EC_IO_READ | 1u << EC_IO_WRITE | 1u << EC_IO_OTHER },
	{ "all that changes no state", UINT32_MAX },
};

struct driver_set callset_shed(const struct driver_set *set, unsigned step)
{
	struct driver_set less = *set;
	uint32_t classes = 0;

	for (unsigned i = 0; i < step && i < CALLSET_STEPS; i++)
		classes |= steps[i].classes;
	if (step > 0)
		less.page_faults = less.switches = less.signals = false;
	for (uint32_t code = 0; code < SYSCALL_CODES; code++) {
		const struct syscall_desc *call = schema_syscall(code);
		const struct event_desc *event = call ? event_of(call) : NULL;
		uint32_t class = event ? event->category & EC_CLASS_MASK : EC_OTHER;

		if (call && !keeps_state(call) && classes >> class & 1)
			driver_set_remove(&less, code);
	}
	return less;
}

const char *callset_step_name(unsigned step)
{
	return step >= 1 && step <= CALLSET_STEPS ? steps[step - 1].name : "";
}
