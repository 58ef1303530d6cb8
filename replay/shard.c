#include "replay/shard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A number without sign or blanks; 0: none that is good for anything. */
static unsigned take_number(const char **text)
{
	unsigned v = 0;

	if (**text == '0')
		return 0;
	for (; **text >= '0' && **text <= '9' && v <= SHARDS_MAX; ++*text)
		v = v * 10 + (unsigned)(**text - '0');
	return v;
}

int shard_parse(const char *text, struct shard *out, struct err *err)
{
	const char *at = text;
	unsigned number = take_number(&at), of = *at == '/' ? (at++, take_number(&at)) : 0;

	if (!number || number > of || of > SHARDS_MAX || *at)
		return err_set(err, ERR_USAGE,
			       "option --shard wants K/N, K from 1 to N, N up to %d, not %s",
			       SHARDS_MAX, text);
	*out = (struct shard){ number, of };
	return 0;
}

struct share {
	size_t index; /* of the trace */
	uint64_t size;
	unsigned shard; /* from 0 */
};

static int largest_first(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b)
{
	const struct share *x = a, *y = b;

	return x->index < y->index ? -1 : 1;
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

static void deal_out(struct share *shares, size_t n, unsigned of)
{
	uint64_t loads[SHARDS_MAX] = { 0 };

	qsort(shares, n, sizeof *shares, largest_first);
	for (size_t i = 0; i < n; i++) {
		unsigned least = 0;

		for (unsigned k = 1; k < of; k++)
			least = loads[k] < loads[least] ? k : least;
		shares[i].shard = least;
		loads[least] += shares[i].size + 1; /* empty ones are shared, too */
	}
	qsort(shares, n, sizeof *shares, by_index);
}

int shard_keep(const struct shard *s, struct inputs *in, struct err *err)
{
	size_t kept = 0;

	if (s->of == 0 || in->n == 0)
		return 0;
	struct share *shares = calloc(in->n, sizeof *shares);

	if (!shares)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < in->n; i++)
		shares[i] = (struct share){ .index = i, .size = size_of(in->paths[i]) };
	deal_out(shares, in->n, s->of);
	for (size_t i = 0; i < in->n; i++) {
		if (shares[i].shard == s->number - 1)
			in->paths[kept++] = in->paths[i];
		else
			free(in->paths[i]);
	}
	in->n = kept;
	free(shares);
	return 0;
}
