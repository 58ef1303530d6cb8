#include "engine/state/state.h"

enum { PATH_ROOM = 1024 }; /* SCAP_MAX_PATH_SIZE of Falco's libs */

/* One directory up, but never above the first character. */
static char *rewind_component(const char *base, char *end)
{
	if (end <= base + 1)
		return end;
	end--;
	while (end > base && end[-1] != '/')
		end--;
	return end;
}

/* Is p at ".", "..", "./" or "../"?  How many characters, and does it go up? */
static size_t dot_component(const char *p, const char *limit, bool *up)
{
	size_t left = (size_t)(limit - p);

	*up = left >= 2 && p[1] == '.' && (left == 2 || p[2] == '/');
	if (*up)
		return left == 2 ? 2 : 3;
	if (left == 1)
		return 1;
	return p[1] == '/' ? 2 : 0;
}

/*
 * Append path to what is in base..end.  A relative path that climbs out of an empty base loses
 * its slashes there: "foo/../a" is "a", while "/foo/../a" is "/a".
 */
static char *append_normalised(char *base, char *end, struct sv path)
{
	const char *p = path.p, *limit = path.p + path.n;
	bool was_empty = base == end;

	while (p < limit) {
		bool at_start = end == base || end[-1] == '/';

		if (*p == '.' && at_start) {
			bool up;
			size_t n = dot_component(p, limit, &up);

			if (n > 0) {
				if (up)
					end = rewind_component(base, end);
				p += n;
				continue;
			}
		} else if (*p == '/' &&
			   ((end > base && end[-1] == '/') || (end == base && !was_empty))) {
			p++;
			continue;
		}
		*end++ = *p++;
		if (end[-1] == '/')
			continue;
		/* What follows up to the next slash is plain text. */
		while (p < limit && *p != '/')
			*end++ = *p++;
	}
	if (end > base + 1 && end[-1] == '/')
		end--;
	return end;
}

struct sv path_join(struct sv dir, struct sv path, char *out)
{
	static const char too_long[] = "/DIR_TOO_LONG/FILENAME_TOO_LONG";
	char *end = out;

	path = sv_upto_nul(path);
	if (dir.n + path.n + 1 > PATH_ROOM) {
		memcpy(out, too_long, sizeof too_long);
		return (struct sv){ out, sizeof too_long - 1 };
	}
	if (dir.n && path.n && path.p[0] != '/') {
		memcpy(out, dir.p, dir.n);
		end += dir.n;
	}
	end = append_normalised(out, end, path);
	*end = '\0';
	return (struct sv){ out, (size_t)(end - out) };
}
