#include "tools/ruletest/alerts_diff.h"

/* A rule in both sets; -1: it is in one only, or disabled. */
struct pair {
	struct sv name;
	ptrdiff_t before, after; /* probes */
};

struct pairs {
	struct pair *items;
	size_t n;
};

static int no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

static int probe_of(struct plan *p, const struct rule *r, ptrdiff_t *out, struct err *err)
{
	*out = -1;
	if (!r || !r->enabled)
		return 0;
	*out = plan_probe(p, (struct probe){ r->ast, r->output_template }, err);
	return *out < 0 ? -1 : 0;
}

static const struct rule *find(const struct rulebook *b, struct sv name)
{
	const struct rule *rules;
	ptrdiff_t at = rulebook_find(b, name);

	ruleset_rules(b->rules, &rules);
	return at < 0 ? NULL : &rules[at];
}

/* Rules of the new set in its order, then those that are gone. */
static int make_pairs(struct alerts_diff *d, const struct rulebook *before,
		      const struct rulebook *after, struct pairs *out, struct err *err)
{
	const struct rule *old, *new;
	size_t nold = ruleset_rules(before->rules, &old), nnew = ruleset_rules(after->rules, &new);

	out->items = arena_array(&d->plan.arena, struct pair, nold + nnew);
	if (!out->items)
		return no_memory(err);
	for (size_t i = 0; i < nnew + nold; i++) {
		const struct rule *r = i < nnew ? &new[i] : &old[i - nnew];
		struct pair *p = &out->items[out->n];

		if (i >= nnew && find(after, r->name))
			continue;
		p->name = r->name;
		if (probe_of(&d->plan, find(before, r->name), &p->before, err) < 0 ||
		    probe_of(&d->plan, find(after, r->name), &p->after, err) < 0)
			return -1;
		out->n += p->before != p->after;
	}
	return 0;
}

static int ask(struct alerts_diff *d, const struct pairs *pairs, struct err *err)
{
	struct plan *p = &d->plan;

	for (size_t t = 0; t < p->corpus.n; t++) {
		for (size_t i = 0; i < pairs->n; i++) {
			const struct pair *x = &pairs->items[i];

			if ((x->before >= 0 &&
			     plan_ask(p, p->corpus.items[t], (size_t)x->before, err) < 0) ||
			    (x->after >= 0 &&
			     plan_ask(p, p->corpus.items[t], (size_t)x->after, err) < 0))
				return -1;
		}
	}
	return 0;
}

static void note(struct alert_change *c, size_t room, char sign, const struct hit *hit,
		 const struct hit *other)
{
	c->gained += sign == '+';
	c->lost += sign == '-';
	c->reworded += sign == '~';
	if (c->n < room)
		c->examples[c->n++] = (struct alert_example){ sign, *hit, *other };
}

/* Both lists are in the order of the trace. */
static void merge(struct alert_change *c, size_t room, const struct answer *before,
		  const struct answer *after)
{
	size_t i = 0, k = 0, nold = before ? before->n : 0, nnew = after ? after->n : 0;

	while (i < nold || k < nnew) {
		const struct hit *old = i < nold ? &before->hits[i] : NULL;
		const struct hit *new = k < nnew ? &after->hits[k] : NULL;

		if (old && (!new || old->num < new->num)) {
			note(c, room, '-', old, old);
			i++;
		} else if (new && (!old || new->num < old->num)) {
			note(c, room, '+', new, new);
			k++;
		} else {
			if (old->text_hash != new->text_hash)
				note(c, room, '~', old, new);
			i++;
			k++;
		}
	}
	/* What was not kept of a flood. */
	uint64_t more_old = before ? before->count - nold : 0;
	uint64_t more_new = after ? after->count - nnew : 0;
	if (more_new > more_old)
		c->gained += more_new - more_old;
	else
		c->lost += more_old - more_new;
}

static int compare(struct alerts_diff *d, const struct pair *p, const struct trace *t,
		   size_t examples, struct err *err)
{
	struct alert_change c = { .rule = p->name, .trace = t };
	struct alert_change *items =
		vec_room(&d->plan.arena, d->items, d->n, &d->cap, sizeof *items);

	c.examples = arena_array(&d->plan.arena, struct alert_example, examples);
	if (!items || !c.examples)
		return no_memory(err);
	d->items = items;
	merge(&c, examples, p->before < 0 ? NULL : t->answers[p->before],
	      p->after < 0 ? NULL : t->answers[p->after]);
	d->gained += c.gained;
	d->lost += c.lost;
	d->reworded += c.reworded;
	if (c.gained || c.lost || c.reworded)
		items[d->n++] = c;
	return 0;
}

int alerts_diff(struct alerts_diff *d, const struct rulebook *before, const struct rulebook *after,
		const struct cache *cache, size_t workers, size_t examples, struct err *err)
{
	struct pairs pairs = { 0 };

	if (make_pairs(d, before, after, &pairs, err) < 0 || ask(d, &pairs, err) < 0 ||
	    plan_run(&d->plan, cache, workers, err) < 0)
		return -1;
	for (size_t t = 0; t < d->plan.corpus.n; t++)
		d->events += d->plan.corpus.items[t]->span.events;
	for (size_t i = 0; i < pairs.n; i++) {
		for (size_t t = 0; t < d->plan.corpus.n; t++) {
			if (compare(d, &pairs.items[i], d->plan.corpus.items[t], examples, err) < 0)
				return -1;
		}
	}
	return 0;
}

void alerts_diff_deinit(struct alerts_diff *d)
{
	plan_deinit(&d->plan);
}
