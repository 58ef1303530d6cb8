#include "engine/filter/transform.h"

struct sv transform_bytes(const struct value *v, struct arena *scratch)
{
	uint32_t n = schema_type_size(v->type);
	const void *from = &v->u;
	char *copy;

	if (v->type == PT_IPADDR || v->type == PT_IPNET) {
		from = v->ip.b;
		n = v->ip.len;
	} else if (v->type == PT_DOUBLE || v->type == PT_BOOL) {
		n = v->type == PT_BOOL ? 4 : 8;
	} else if (!value_type_is_integer(v->type)) {
		return v->s;
	}
	copy = arena_bytes(scratch, n);
	if (!copy)
		return (struct sv){ 0 };
	memcpy(copy, from, n); /* the low bytes come first */
	return (struct sv){ copy, n };
}

static struct sv without_nuls(struct sv s)
{
	while (s.n && s.p[s.n - 1] == '\0')
		s.n--;
	return s;
}

/* --- one text in, one text out: room for in.n + 1 bytes; the length, or SIZE_MAX for no result  */

static size_t to_lower(struct sv in, char *out)
{
	for (size_t i = 0; i < in.n; i++)
		out[i] = in.p[i] >= 'A' && in.p[i] <= 'Z' ? (char)(in.p[i] | 0x20) : in.p[i];
	return in.n;
}

static size_t to_upper(struct sv in, char *out)
{
	for (size_t i = 0; i < in.n; i++)
		out[i] = in.p[i] >= 'a' && in.p[i] <= 'z' ? (char)(in.p[i] & ~0x20) : in.p[i];
	return in.n;
}

static size_t base_name(struct sv in, char *out)
{
	size_t start = in.n;

	while (start && in.p[start - 1] != '/')
		start--;
	if (in.n > start)
		memcpy(out, in.p + start, in.n - start);
	return in.n - start;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Padding may be left out; bits that encode nothing must be zero. */
static size_t decode_base64(struct sv in, char *out)
{
	uint32_t bits = 0, nbits = 0;
	size_t n = 0;

	if (in.n == 0)
		return 0;
	for (int i = 0; i < 2 && in.n && in.p[in.n - 1] == '='; i++)
		in.n--;
	if (in.n == 0 || in.n % 4 == 1)
		return SIZE_MAX;
	for (size_t i = 0; i < in.n; i++) {
		int digit = base64_digit(in.p[i]);

		if (digit < 0)
			return SIZE_MAX;
		bits = bits << 6 | (uint32_t)digit;
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			out[n++] = (char)(bits >> nbits);
			bits &= (1u << nbits) - 1;
		}
	}
	return bits ? SIZE_MAX : n;
}

static bool map_text(size_t (*map)(struct sv, char *), const struct value *in,
		     struct arena *scratch, struct value *out)
{
	struct sv text = without_nuls(in->s);
	char *p = arena_bytes(scratch, text.n + 1);
	size_t n;

	if (!p || (n = map(text, p)) == SIZE_MAX)
		return false;
	if (n == 0 || p[n - 1] != '\0')
		p[n++] = '\0';
	*out = *in;
	out->s = (struct sv){ p, n };
	return true;
}

static bool map_all(size_t (*map)(struct sv, char *), const struct value *in, struct arena *scratch,
		    struct value *out)
{
	struct value *items;

	if (!in->is_list)
		return map_text(map, in, scratch, out);
	items = arena_array(scratch, struct value, in->list.n);
	if (!items)
		return false;
	for (size_t i = 0; i < in->list.n; i++)
		if (!map_text(map, &in->list.items[i], scratch, &items[i]))
			return false;
	*out = *in;
	out->list.items = items;
	return true;
}

/*
 * Elements of a list, bytes of a buffer, bytes of a text before its NUL.  What getopt finds is no
 * list here (Falco looks at the argument's kind before transformers): only a single result counts.
 */
static bool length_of(const struct expr *arg, const struct value *in, struct value *out)
{
	*out = (struct value){ .type = PT_UINT64 };
	if (in->is_list && arg->base_list) {
		out->u = in->list.n;
		return true;
	}
	if (in->is_list) {
		if (in->list.n != 1)
			return false;
		in = in->list.items;
	}
	out->u = in->type == PT_BYTEBUF ? in->s.n : sv_upto_nul(in->s).n;
	return true;
}

/* --- several arguments --- */

/* The bytes of a scalar; of a list those of its first element, if there is one. */
static bool first_bytes(const struct value *v, struct arena *scratch, struct sv *out)
{
	if (v->is_list && v->list.n == 0)
		return false;
	*out = transform_bytes(v->is_list ? v->list.items : v, scratch);
	return out->p;
}

static bool put_text(struct buf *b, struct arena *scratch, struct value *out)
{
	struct sv copy = arena_sv(scratch, buf_sv(b));

	buf_deinit(b);
	*out = (struct value){ .type = PT_CHARBUF, .s = copy };
	return copy.p;
}

static bool join(const struct value *args, struct arena *scratch, struct value *out)
{
	const struct value *items = args[1].is_list ? args[1].list.items : &args[1];
	size_t n = args[1].is_list ? args[1].list.n : 1;
	struct sv separator;
	struct buf b = { 0 };

	if (!first_bytes(&args[0], scratch, &separator))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putsv(&b, separator);
		buf_putsv(&b, sv_upto_nul(transform_bytes(&items[i], scratch)));
	}
	return put_text(&b, scratch, out);
}

static bool concat(const struct value *args, size_t n, struct arena *scratch, struct value *out)
{
	struct buf b = { 0 };
	struct sv text;

	for (size_t i = 0; i < n; i++) {
		if (!first_bytes(&args[i], scratch, &text)) {
			buf_deinit(&b);
			return false;
		}
		buf_putsv(&b, sv_upto_nul(text));
	}
	return put_text(&b, scratch, out);
}

void transform_options(struct sv text, struct expr_options *out)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == ':')
			continue;
		out->valid[c] = true;
		if (i + 1 < text.n && text.p[i + 1] == ':')
			out->takes_value[c] = true;
	}
}

/* What getopt found: a list, or the last result of the one option asked for. */
struct option_results {
	int selector;
	struct value *items;
	size_t n;
	bool found;
	struct sv last;
};

static void add_result(struct option_results *r, struct sv text)
{
	if (r->selector >= 0) {
		r->found = true;
		r->last = text;
	} else {
		r->items[r->n++] = (struct value){ .type = PT_CHARBUF, .s = text };
	}
}

/* A word like "-ab" or "-cVALUE"; a value may be the next word, which is then taken, too. */
static void scan_options(struct option_results *r, const struct expr_options *options,
			 const struct sv *words, size_t n, size_t *at)
{
	struct sv word = words[*at], name, value;

	for (size_t i = 1; i < word.n; i++) {
		unsigned char c = (unsigned char)word.p[i];

		if (c == ':' || !options->valid[c]) {
			if (r->selector < 0)
				add_result(r, SV("?"));
			continue;
		}
		name = (struct sv){ word.p + i, 1 };
		if (!options->takes_value[c]) {
			if (r->selector < 0 || c == r->selector)
				add_result(r, name);
			continue;
		}
		value = (struct sv){ word.p + i + 1, word.n - i - 1 };
		if (value.n == 0 && *at + 1 == n) {
			/* its value is missing: an empty text stands for both */
			if (r->selector < 0 || c == r->selector)
				add_result(r, SV(""));
			return;
		}
		if (value.n == 0)
			value = words[++*at];
		if (r->selector < 0)
			add_result(r, name);
		if (r->selector < 0 || c == r->selector)
			add_result(r, value);
		return;
	}
}

static bool get_options(const struct expr *e, const struct value *args, struct arena *scratch,
			struct value *out)
{
	const struct value *items = args[0].is_list ? args[0].list.items : &args[0];
	size_t n = args[0].is_list ? args[0].list.n : 1, room = 0;
	struct sv *words = arena_array(scratch, struct sv, n), text;
	struct option_results r = { .selector = e->selector };
	const struct expr_options *options = e->options;
	struct expr_options own = { 0 };

	if (!words)
		return false;
	if (!options) {
		if (!first_bytes(&args[1], scratch, &text))
			return false;
		transform_options(text, &own);
		options = &own;
	}
	for (size_t i = 0; i < n; i++) {
		words[i] = transform_bytes(&items[i], scratch);
		room += words[i].n + 1; /* every letter may be an option */
	}
	r.items = arena_array(scratch, struct value, r.selector < 0 ? room : 0);
	if (!r.items)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct sv word = words[i];

		if (sv_eq(word, SV("--")))
			break;
		if (word.n > 2 && word.p[0] == '-' && word.p[1] == '-')
			continue; /* long options are not understood */
		if (word.n < 2 || word.p[0] != '-')
			break;
		scan_options(&r, options, words, n, &i);
	}
	if (e->selector < 0)
		*out = (struct value){ .type = PT_CHARBUF,
				       .is_list = true,
				       .list = { r.items, r.n } };
	else
		*out = (struct value){ .type = PT_CHARBUF, .s = r.last };
	return e->selector < 0 || r.found;
}

bool transform(const struct expr *e, const struct value *args, struct arena *scratch,
	       struct value *out)
{
	switch (e->trf) {
	case TRF_TOLOWER:
		return map_all(to_lower, args, scratch, out);
	case TRF_TOUPPER:
		return map_all(to_upper, args, scratch, out);
	case TRF_B64:
		return map_all(decode_base64, args, scratch, out);
	case TRF_BASENAME:
		return map_all(base_name, args, scratch, out);
	case TRF_LEN:
		return length_of(e->args[0], args, out);
	case TRF_JOIN:
		return join(args, scratch, out);
	case TRF_CONCAT:
		return concat(args, e->nargs, scratch, out);
	case TRF_GETOPT:
		return get_options(e, args, scratch, out);
	case TRF_VAL:
	case TRF_COUNT:
		break;
	}
	return false;
}
