#include "tools/ruletest/judge.h"

#include <inttypes.h>
#include <stdlib.h>

struct court {
	struct session *s;
	struct err *err;
	struct buf text;
};

static int no_memory(struct court *c)
{
	return err_set(c->err, ERR_NOMEM, "out of memory");
}

/* --- words --- */

/* "exactly 3", "at least 1 and at most 4" */
static void put_count(struct buf *out, const struct expectation *e)
{
	if (e->most == 0)
		buf_puts(out, "none");
	else if (e->least == e->most)
		buf_printf(out, "exactly %" PRIu64, e->least);
	else if (e->most == UINT64_MAX)
		buf_printf(out, "at least %" PRIu64, e->least);
	else if (e->least == 0)
		buf_printf(out, "at most %" PRIu64, e->most);
	else
		buf_printf(out, "at least %" PRIu64 " and at most %" PRIu64, e->least, e->most);
}

static void put_name(struct buf *out, const struct test_case *c)
{
	const struct expectation *e = c->expect;

	switch (c->kind) {
	case CASE_RULE:
		buf_printf(out, SV_FMT ": something is expected of it",
			   SV_ARG(c->run->rules[c->rule].name));
		return;
	case CASE_REST:
		buf_puts(out, "nothing unexpected");
		return;
	case CASE_COUNT:
	case CASE_SEQUENCE:
		break;
	}
	if (e->name.n) {
		buf_putsv(out, e->name);
		return;
	}
	for (size_t i = 0; i < e->nsteps; i++)
		buf_printf(out, "%s" SV_FMT, i ? ", then " : "", SV_ARG(e->steps[i].rule));
	if (e->nsteps)
		return;
	buf_printf(out, SV_FMT ": ", SV_ARG(e->rule));
	put_count(out, e);
	if (e->where.n)
		buf_printf(out, " where " SV_FMT, SV_ARG(e->where));
	if (e->after.n)
		buf_printf(out, " after " SV_FMT, SV_ARG(e->after));
	if (e->before.n)
		buf_printf(out, " before " SV_FMT, SV_ARG(e->before));
}

/* What stands in the court's buffer, kept. */
static int keep(struct court *c, struct sv *out)
{
	*out = arena_sv(&c->s->arena, buf_sv(&c->text));
	bool ok = !c->text.failed && out->p;
	buf_clear(&c->text);
	return ok ? 0 : no_memory(c);
}

static int fail(struct court *c, struct test_case *t)
{
	t->status = CASE_FAILED;
	return keep(c, &t->because);
}

/* The first few of some events. */
static int show(struct court *c, struct test_case *t, const struct hit *hits, size_t n)
{
	size_t room = n < JUDGE_MAX_SHOWN ? n : JUDGE_MAX_SHOWN;

	t->shown = arena_array(&c->s->arena, struct hit, room);
	if (!t->shown)
		return no_memory(c);
	for (t->nshown = 0; t->nshown < room; t->nshown++)
		t->shown[t->nshown] = hits[t->nshown];
	return 0;
}

/* --- which matches count --- */

static bool has_event(const struct answer *a, uint64_t num)
{
	size_t low = 0, high = a ? a->n : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (a->hits[mid].num < num)
			low = mid + 1;
		else
			high = mid;
	}
	return a && low < a->n && a->hits[low].num == num;
}

/* Where only the first rule counts: does one before it hold here, too? */
static bool is_shadowed(const struct test_case *t, size_t rule, uint64_t num)
{
	for (size_t k = 0; t->run->suite->first_only && k < rule; k++) {
		if (has_event(session_answer(t, t->run->probes[k]), num))
			return true;
	}
	return false;
}

/* The first (last) match of a rule on the case's trace; NULL: there is none. */
static const struct hit *edge(const struct test_case *t, struct sv rule, bool last)
{
	ptrdiff_t at = rulebook_find(t->run->book, rule);
	const struct answer *a = at < 0 ? NULL : session_answer(t, t->run->probes[at]);

	return a && a->n ? &a->hits[last ? a->n - 1 : 0] : NULL;
}

struct window {
	bool empty;
	uint64_t from_ns, to_ns; /* both included */
	uint64_t after_num, before_num;
};

static uint64_t moment(const struct moment_spec *m, const struct trace *t)
{
	return m->relative ? t->span.first_ns + m->ns : m->ns;
}

static struct window window_of(const struct test_case *t)
{
	const struct expectation *e = t->expect;
	const struct trace *trace = t->run->uses[t->use].trace;
	struct window w = { .to_ns = UINT64_MAX, .before_num = UINT64_MAX };

	if (e->from.given)
		w.from_ns = moment(&e->from, trace);
	if (e->to.given)
		w.to_ns = moment(&e->to, trace);
	if (e->after.n) {
		const struct hit *h = edge(t, e->after, false);

		w.empty |= !h;
		w.after_num = h ? h->num : 0;
		if (h && e->within_ns != UINT64_MAX && h->ts_ns + e->within_ns < w.to_ns)
			w.to_ns = h->ts_ns + e->within_ns;
	}
	if (e->before.n) {
		const struct hit *h = edge(t, e->before, true);

		w.empty |= !h;
		w.before_num = h ? h->num : 0;
		if (h && e->within_ns != UINT64_MAX && h->ts_ns > e->within_ns &&
		    h->ts_ns - e->within_ns > w.from_ns)
			w.from_ns = h->ts_ns - e->within_ns;
	}
	return w;
}

static bool counts(const struct test_case *t, const struct window *w, const struct hit *h)
{
	return !w->empty && h->ts_ns >= w->from_ns && h->ts_ns <= w->to_ns &&
	       h->num > w->after_num && h->num < w->before_num && !is_shadowed(t, t->rule, h->num);
}

static bool is_plain(const struct test_case *t)
{
	const struct expectation *e = t->expect;

	return !e->from.given && !e->to.given && !e->after.n && !e->before.n &&
	       !t->run->suite->first_only;
}

/* The hits that count, in order. */
static int select_hits(struct court *c, struct test_case *t, struct hit **out, size_t *n)
{
	const struct answer *a = session_answer(t, t->probe);
	const struct window w = window_of(t);

	*n = 0;
	*out = arena_array(&c->s->arena, struct hit, a ? a->n : 0);
	if (!*out)
		return no_memory(c);
	for (size_t i = 0; a && i < a->n; i++) {
		if (counts(t, &w, &a->hits[i]))
			(*out)[(*n)++] = a->hits[i];
	}
	/* What was not kept of a flood is counted as well. */
	t->count = *n;
	if (a && is_plain(t))
		t->count = a->count;
	return 0;
}

static int judge_count(struct court *c, struct test_case *t)
{
	const struct expectation *e = t->expect;
	struct hit *hits;
	size_t n;

	if (select_hits(c, t, &hits, &n) < 0)
		return -1;
	bool too_long = n && e->within_ns != UINT64_MAX && !e->after.n && !e->before.n &&
			hits[n - 1].ts_ns - hits[0].ts_ns > e->within_ns;
	if (t->count >= e->least && t->count <= e->most && !too_long)
		return 0;
	if (too_long) {
		buf_printf(&c->text, "%" PRIu64 " matches within %" PRIu64 " ns, not %" PRIu64,
			   t->count, hits[n - 1].ts_ns - hits[0].ts_ns, e->within_ns);
	} else {
		buf_puts(&c->text, "expected ");
		put_count(&c->text, e);
		buf_printf(&c->text, ", found %" PRIu64, t->count);
		if (!t->run->rules[t->rule].enabled)
			buf_puts(&c->text, ": the rule is disabled");
	}
	return show(c, t, hits, n) < 0 ? -1 : fail(c, t);
}

/* Each step as early as it can be after the one before. */
static size_t follow(const struct test_case *t, struct hit first, struct hit *path)
{
	const struct expectation *e = t->expect;
	size_t done = 1;

	path[0] = first;
	for (; done < e->nsteps; done++) {
		const struct answer *a = session_answer(t, t->steps[done]);
		size_t i = 0;

		while (a && i < a->n && a->hits[i].num <= path[done - 1].num)
			i++;
		if (!a || i == a->n || a->hits[i].ts_ns - first.ts_ns > e->within_ns)
			break;
		path[done] = a->hits[i];
	}
	return done;
}

static int judge_sequence(struct court *c, struct test_case *t)
{
	const struct expectation *e = t->expect;
	const struct answer *a = session_answer(t, t->steps[0]);
	struct hit *path = arena_array(&c->s->arena, struct hit, e->nsteps);
	size_t best = 0;

	if (!path)
		return no_memory(c);
	for (size_t i = 0; a && i < a->n; i++) {
		size_t done = follow(t, a->hits[i], path);

		if (done == e->nsteps)
			return 0;
		if (done > best) {
			best = done;
			if (show(c, t, path, done) < 0)
				return -1;
		}
	}
	buf_printf(&c->text, "step %zu, " SV_FMT ", did not follow", best + 1,
		   SV_ARG(e->steps[best].rule));
	if (best == 0) {
		buf_clear(&c->text);
		buf_printf(&c->text, "the first step, " SV_FMT ", is nowhere",
			   SV_ARG(e->steps[0].rule));
	} else if (e->within_ns != UINT64_MAX) {
		buf_printf(&c->text, " within %" PRIu64 " ns", e->within_ns);
	}
	t->count = best;
	return fail(c, t);
}

/* --- the rest --- */

/* Is this match of a rule what some expectation counted? */
static bool is_accounted(const struct session *s, const struct test_case *rest, size_t rule,
			 const struct hit *h)
{
	for (size_t i = rest->run->first_case; i < rest->run->end_case; i++) {
		const struct test_case *t = &s->cases[i];

		if (t->use != rest->use)
			continue;
		if (t->kind == CASE_COUNT && t->rule == rule) {
			const struct window w = window_of(t);

			if (t->status == CASE_SKIPPED ||
			    (counts(t, &w, h) && has_event(session_answer(t, t->probe), h->num)))
				return true;
		}
		for (size_t k = 0; t->kind == CASE_SEQUENCE && k < t->expect->nsteps; k++) {
			if (t->status == CASE_SKIPPED ||
			    has_event(session_answer(t, t->steps[k]), h->num))
				return true;
		}
	}
	return false;
}

/* What nothing expects of one rule; the first few of all rules together are shown. */
static bool note_extras(struct court *c, struct test_case *t, size_t rule)
{
	const struct answer *a = session_answer(t, t->run->probes[rule]);
	uint64_t n = 0;

	for (size_t i = 0; a && i < a->n; i++) {
		const struct hit *h = &a->hits[i];

		if (is_shadowed(t, rule, h->num) || is_accounted(c->s, t, rule, h))
			continue;
		if (n++ == 0 && t->nshown < JUDGE_MAX_SHOWN)
			t->shown[t->nshown++] = *h;
	}
	if (n == 0)
		return true;
	struct extra *extras =
		vec_room(&c->s->arena, t->extras, t->nextras, &t->cap_extras, sizeof *extras);
	if (!extras)
		return false;
	t->extras = extras;
	extras[t->nextras++] = (struct extra){ rule, n };
	t->count += n;
	return true;
}

static int judge_rest(struct court *c, struct test_case *t)
{
	const struct trace_use *use = &t->run->uses[t->use];

	t->shown = arena_array(&c->s->arena, struct hit, JUDGE_MAX_SHOWN);
	if (!t->shown)
		return no_memory(c);
	for (size_t k = 0; k < t->run->nrules; k++) {
		if (session_covers(t->run, k, use) && !note_extras(c, t, k))
			return no_memory(c);
	}
	if (t->nextras == 0)
		return 0;
	buf_printf(&c->text, "%" PRIu64 " match%s that nothing expects: ", t->count,
		   t->count == 1 ? "" : "es");
	for (size_t i = 0; i < t->nextras; i++)
		buf_printf(&c->text, "%s" SV_FMT " (%" PRIu64 ")", i ? ", " : "",
			   SV_ARG(t->run->rules[t->extras[i].rule].name), t->extras[i].count);
	if (fail(c, t) < 0)
		return -1;
	if (t->run->suite->unexpected == UNEXPECTED_WARN)
		t->status = CASE_WARNED;
	return 0;
}

static int judge(struct court *c, struct test_case *t)
{
	const struct trace_use *use = t->use == SIZE_MAX ? NULL : &t->run->uses[t->use];

	put_name(&c->text, t);
	if (keep(c, &t->name) < 0)
		return -1;
	if (t->status == CASE_SKIPPED)
		return 0;
	if (use && !use->trace) {
		t->status = CASE_SKIPPED;
		t->because = use->absent;
		return 0;
	}
	if (use && use->trace->span.damage.code != ERR_NONE) {
		buf_printf(&c->text, "the trace is damaged: %s", use->trace->span.damage.msg);
		return fail(c, t);
	}
	switch (t->kind) {
	case CASE_COUNT:
		return judge_count(c, t);
	case CASE_SEQUENCE:
		return judge_sequence(c, t);
	case CASE_REST:
		return judge_rest(c, t);
	case CASE_RULE:
		buf_puts(&c->text, "no expectation names this rule");
		return fail(c, t);
	}
	return 0;
}

int judge_all(struct session *s, struct judgement *out, struct err *err)
{
	struct court c = { .s = s, .err = err };
	int rc = 0;

	*out = (struct judgement){ 0 };
	for (size_t i = 0; rc == 0 && i < s->ncases; i++) {
		rc = judge(&c, &s->cases[i]);
		out->passed += s->cases[i].status == CASE_PASSED;
		out->failed += s->cases[i].status == CASE_FAILED;
		out->warned += s->cases[i].status == CASE_WARNED;
		out->skipped += s->cases[i].status == CASE_SKIPPED;
	}
	buf_deinit(&c.text);
	return rc;
}
