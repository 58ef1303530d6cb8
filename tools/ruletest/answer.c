#include "tools/ruletest/answer.h"

bool answer_add(struct arena *a, struct answer *to, struct hit hit)
{
	to->count++;
	if (to->n == ANSWER_MAX_HITS)
		return true;
	struct hit *hits = vec_room(a, to->hits, to->n, &to->cap, sizeof *hits);
	if (!hits)
		return false;
	if (to->text_bytes + hit.text.n > ANSWER_MAX_TEXT) {
		hit.text = (struct sv){ 0 };
	} else if (hit.text.n) {
		to->text_bytes += hit.text.n;
		hit.text = arena_sv(a, hit.text);
		if (!hit.text.p)
			return false;
	}
	to->hits = hits;
	hits[to->n++] = hit;
	return true;
}
