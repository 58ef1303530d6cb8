/* An output template: compile it, print it, and list its fields. */
#include "engine/fuzz/one_event.h"
#include "engine/output/format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct format_field *fields;
	struct arena arena = { 0 };
	struct buf line = { 0 };
	struct err err = { 0 };
	struct one_event one;
	struct format *f;
	struct value v;

	if (format_compile((struct sv){ (const char *)data, size }, &arena, &f, &err) == 0) {
		one_event_open(&one);
		if (!format_print(f, &one.ctx, &line) && line.n)
			abort();
		for (size_t i = 0, n = format_fields(f, &fields); i < n; i++)
			format_field_get(&fields[i], &one.ctx, &v);
		one_event_close(&one);
	} else if (err.code == ERR_NONE || f) {
		abort();
	}
	buf_deinit(&line);
	arena_deinit(&arena);
	return 0;
}
