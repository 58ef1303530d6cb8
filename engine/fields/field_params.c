/*
 * Which parameters of an event a field may look at.  Rough on purpose: what costs a reader dearly
 * are the data of reads and writes, and events of which nobody looks at anything.
 */
#include "engine/fields/getters.h"

enum reads {
	READS_NOTHING, /* no parameter, only what engine/state has made of the event */
	READS_RESULT,  /* the first parameter */
	READS_SMALL,   /* all parameters but data; data, too, if the argument names it */
	READS_ALL,
};

typedef bool getter(const struct field_ref *f, struct field_ctx *ctx, struct value *out);

/* Getters that read something else than class_reads says of their class. */
static const struct {
	getter *get;
	enum reads reads;
} rows[] = {
	{ get_evt_num, READS_NOTHING },        { get_evt_time, READS_NOTHING },
	{ get_evt_iso8601, READS_NOTHING },    { get_evt_rawtime, READS_NOTHING },
	{ get_evt_reltime, READS_NOTHING },    { get_evt_deltatime, READS_NOTHING },
	{ get_evt_outputtime, READS_NOTHING }, { get_evt_cpu, READS_NOTHING },
	{ get_evt_hostname, READS_NOTHING },   { get_nothing, READS_NOTHING },
	{ get_evt_category, READS_NOTHING },   { get_evt_rawres, READS_RESULT },
	{ get_evt_res, READS_RESULT },         { get_evt_error, READS_RESULT },
	{ get_evt_buflen, READS_RESULT },      { get_evt_args, READS_ALL },
	{ get_evt_buffer, READS_ALL },         { get_syslog, READS_ALL },
	{ get_fd_name, READS_SMALL },          { get_fd_nameraw, READS_SMALL },
	{ get_fd_directory, READS_SMALL },     { get_fd_filename, READS_SMALL },
	{ get_thread_cpu, READS_SMALL },
};

static enum reads class_reads(const char *class_name)
{
	static const char *const of_state[] = { "process",   "user", "group", "fd",
						"container", "k8s",  "util" };

	for (size_t i = 0; i < sizeof of_state / sizeof of_state[0]; i++)
		if (strcmp(class_name, of_state[i]) == 0)
			return READS_NOTHING;
	return READS_SMALL;
}

static enum reads reads_of(const struct field_def *def)
{
	if (def->flags & FF_EVENT_TYPE_ONLY)
		return READS_NOTHING;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].get == def->get)
			return rows[i].reads;
	return class_reads(def->class_name);
}

/* Parameters that are not data, and the one named. */
static uint64_t small_params(const struct field_ref *f, const struct event_desc *desc)
{
	uint64_t all = UINT64_MAX;

	for (uint32_t i = 0; i < desc->nparams && i < 64; i++) {
		bool named = (f->param_index && f->param_index[desc->id] == (int)i) ||
			     (f->arg_is_index && f->index == i);

		if (desc->params[i].type == PT_BYTEBUF && !named)
			all &= ~((uint64_t)1 << i);
	}
	return all;
}

uint64_t field_params(const struct field_ref *f, uint32_t event_type)
{
	const struct event_desc *desc = schema_event(event_type);
	struct value value;
	bool missing;

	if (!desc)
		return UINT64_MAX;
	if (field_decided_by_type(f, event_type, &missing, &value))
		return 0;
	switch (reads_of(f->def)) {
	case READS_NOTHING:
		return 0;
	case READS_RESULT:
		return 1;
	case READS_SMALL:
		return small_params(f, desc);
	case READS_ALL:
		break;
	}
	return UINT64_MAX;
}
