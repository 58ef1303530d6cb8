/* Any text as a field reference: what parses is printed, counted and suggested without harm. */
#include "engine/fields/field.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = { (const char *)data, size };
	struct arena arena = { 0 };
	struct err err = { 0 };
	struct field_ref ref;
	bool parses = field_parse(text, &arena, &ref, &err) == 0;

	if (parses ? !ref.def || !sv_eq(ref.text, text) : err.code == ERR_NONE || ref.def)
		abort();
	if (!parses && err.pos.col > size + 2)
		abort();
	if (parses)
		field_compare_kind(&ref);
	field_suggest(text);
	arena_deinit(&arena);
	return 0;
}
