#include "capture/rec/outlets.h"

#include <stdlib.h>

static const struct outlet_kind *const kinds[] = {
	&outlet_stdout, &outlet_file, &outlet_syslog, &outlet_program, &outlet_http, &outlet_https,
};

struct outlets {
	bool json;
	struct outlet *all;
	size_t n;
};

int outlets_new(bool json, struct outlets **out, struct err *err)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return err_set(err, ERR_NOMEM, "no memory for alerts");
	(*out)->json = json;
	return 0;
}

void outlets_free(struct outlets *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		o->all[i].kind->close(o->all[i].self);
	free(o->all);
	free(o);
}

/* A kind whose name ends in ":" wants to know where, any other one must be named exactly. */
static bool names(const struct outlet_kind *kind, const char *spec)
{
	size_t n = strlen(kind->prefix);

	return kind->prefix[n - 1] == ':' ? strncmp(spec, kind->prefix, n) == 0 && spec[n]
					  : strcmp(spec, kind->prefix) == 0;
}

static int open_one(struct outlets *o, const struct outlet_kind *kind, const char *spec,
		    struct err *err)
{
	const struct outlet_options options = { .where = spec + strlen(kind->prefix),
						.json = o->json };
	struct outlet *all = realloc(o->all, (o->n + 1) * sizeof *all);

	if (!all)
		return err_set(err, ERR_NOMEM, "no memory for alerts");
	o->all = all;
	all[o->n] = (struct outlet){ .kind = kind };
	if (kind->open(&options, &all[o->n].self, err) < 0)
		return -1;
	o->n++;
	return 0;
}

int outlets_add(struct outlets *o, const char *spec, struct err *err)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (names(kinds[i], spec))
			return open_one(o, kinds[i], spec, err);
	}
	return err_set(err, ERR_USAGE,
		       "option --alert-to does not know %s (stdout, file:PATH, syslog, "
		       "program:COMMAND, http://..., https://...)",
		       spec);
}

bool outlets_deliver(struct outlets *o, const struct alert_note *note)
{
	bool all = true;

	for (size_t i = 0; i < o->n; i++) {
		if (!o->all[i].kind->deliver(o->all[i].self, note)) {
			o->all[i].failed++;
			all = false;
		}
	}
	return all;
}

void outlets_flush(struct outlets *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->all[i].kind->flush)
			o->all[i].kind->flush(o->all[i].self);
	}
}
