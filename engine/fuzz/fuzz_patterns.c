/* A pattern, a line break, a text: as regular expression, as shell pattern, as path prefix. */
#include "engine/filter/glob.h"
#include "engine/filter/pathset.h"
#include "engine/filter/regex.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *all = (const char *)data;
	const char *end = size ? memchr(all, '\n', size) : NULL;
	struct sv pattern = { all, end ? (size_t)(end - all) : size };
	struct sv text = { all + size, 0 };
	struct arena arena = { 0 };
	struct pathset *paths;
	struct regex *re;

	if (end)
		text = (struct sv){ end + 1, size - pattern.n - 1 };
	if (pattern.n > 255) /* as long as a value in a condition may be */
		return 0;
	if (regex_new(pattern, &re, NULL) == 0) {
		regex_matches(re, text);
		regex_free(re);
	}
	glob_match(pattern, text, false);
	glob_match(pattern, text, true);
	paths = pathset_new(&pattern, 1, &arena);
	if (paths)
		pathset_covers(paths, text);
	arena_deinit(&arena);
	return 0;
}
