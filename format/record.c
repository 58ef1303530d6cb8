#include "format/record.h"

int event_param_index(const struct event_desc *desc, struct sv name)
{
	for (int i = 0; i < desc->nparams; i++) {
		if (sv_eq(sv_of(desc->params[i].name), name))
			return i;
	}
	return -1;
}
