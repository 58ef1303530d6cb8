#include "tools/scap/tokens.h"

#include "format/base/arena.h"
#include "format/base/strmap.h"
#include "format/trace/hash.h"

#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 64, /* of SHA-256 */
	CLASSES = 26,
	MAX_REMEMBERED = 1 << 20, /* texts; the others are computed anew and counted each time */
	MAX_TEXT = 512,           /* longer ones are not remembered */
};

struct token {
	char letters[TOKEN_LENGTH];
	uint32_t classes; /* bit per letter: counted there */
};

struct tokens {
	struct hasher *hasher;
	char inner[BLOCK], outer[BLOCK]; /* the key as HMAC (RFC 2104) pads it */
	struct strmap known;             /* text -> index into all */
	struct token *all;
	uint32_t n, room;
	struct arena texts;
	uint64_t distinct[CLASSES];
};

int tokens_new(struct sv secret, struct tokens **out, struct err *err)
{
	struct tokens *t = calloc(1, sizeof *t);
	uint8_t hashed[32];

	*out = NULL;
	if (t)
		t->hasher = hasher_new();
	if (!t || !t->hasher || !hasher_digest(t->hasher, &secret, 1, hashed)) {
		tokens_free(t);
		return err_set(err, ERR_NOMEM, "no memory for tokens");
	}
	if (secret.n > BLOCK)
		secret = (struct sv){ (const char *)hashed, sizeof hashed };
	for (size_t i = 0; i < BLOCK; i++) {
		char key = i < secret.n ? secret.p[i] : 0;

		t->inner[i] = (char)(key ^ 0x36);
		t->outer[i] = (char)(key ^ 0x5c);
	}
	*out = t;
	return 0;
}

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	hasher_free(t->hasher);
	strmap_deinit(&t->known);
	arena_deinit(&t->texts);
	free(t->all);
	free(t);
}

/* The HMAC's first bits, five a letter; the first letter is the class's. */
static bool compute(struct tokens *t, struct sv text, struct token *out)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct sv inner[] = { { t->inner, BLOCK }, text };
	uint8_t hash[32];

	if (!hasher_digest(t->hasher, inner, 2, hash))
		return false;
	struct sv outer[] = { { t->outer, BLOCK }, { (const char *)hash, sizeof hash } };
	uint8_t mac[32];
	if (!hasher_digest(t->hasher, outer, 2, mac))
		return false;
	*out = (struct token){ .classes = 0 };
	for (size_t i = 1; i < TOKEN_LENGTH; i++)
		out->letters[i] = alphabet[mac[i] & 31];
	return true;
}

static struct token *remember(struct tokens *t, struct sv text, const struct token *token)
{
	if (t->n >= MAX_REMEMBERED || text.n > MAX_TEXT)
		return NULL;
	if (t->n == t->room) {
		uint32_t room = t->room ? t->room * 2 : 256;
		struct token *all = realloc(t->all, room * sizeof *all);

		if (!all)
			return NULL;
		t->all = all;
		t->room = room;
	}
	struct sv copy = arena_sv(&t->texts, text);
	if (!copy.p || !strmap_put(&t->known, copy, t->n))
		return NULL;
	t->all[t->n] = *token;
	return &t->all[t->n++];
}

bool tokens_get(struct tokens *t, struct sv text, char class, char out[static TOKEN_LENGTH])
{
	uint32_t at = strmap_get(&t->known, text, UINT32_MAX), letter = (uint32_t)(class - 'a');
	struct token fresh, *token = at == UINT32_MAX ? NULL : &t->all[at];

	if (!token) {
		if (!compute(t, text, &fresh))
			return false;
		token = remember(t, text, &fresh);
		token = token ? token : &fresh;
	}
	if (!(token->classes >> letter & 1)) {
		token->classes |= UINT32_C(1) << letter;
		t->distinct[letter]++;
	}
	memcpy(out, token->letters, TOKEN_LENGTH);
	out[0] = class;
	return true;
}

uint64_t tokens_distinct(const struct tokens *t, char class)
{
	return t->distinct[class - 'a'];
}
