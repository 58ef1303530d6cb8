#include "format/trace/segment_texts.h"

#include "format/trace/meta_rows.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, PORT_SIZE = 2, UNIX_ENDS = 16 };

/* --- events --- */

static uint8_t kind_of(const struct param_desc *p)
{
	struct sv name = sv_of(p->name);

	switch ((enum param_type)p->type) {
	case PT_CHARBUF:
		return sv_eq(name, SV("json")) ? TEXT_JSON : TEXT_PLAIN;
	case PT_FSPATH:
	case PT_FSRELPATH:
		return TEXT_PLAIN;
	case PT_BYTEBUF:
		/* Lists of texts; environments and data are not looked into. */
		return sv_eq(name, SV("args")) || sv_eq(name, SV("cgroups")) ? TEXT_PLAIN
									     : TEXT_NONE;
	case PT_DYN:
		return TEXT_DYN;
	case PT_SOCKADDR:
		return TEXT_SOCKADDR;
	case PT_SOCKTUPLE:
		return TEXT_SOCKTUPLE;
	case PT_IPV4ADDR:
	case PT_IPV6ADDR:
		return TEXT_IP;
	default:
		return TEXT_NONE;
	}
}

void segment_texts_init(struct segment_texts *t)
{
	memset(t, 0, sizeof *t);
	for (uint32_t type = 0; type < EV_COUNT; type++) {
		const struct event_desc *desc = schema_event(type);

		for (uint32_t i = 0; i < desc->nparams; i++) {
			t->kind[type][i] = kind_of(&desc->params[i]);
			if (t->kind[type][i] != TEXT_NONE)
				t->mask[type] |= (uint64_t)1 << i;
		}
	}
}

static void add_dyn(struct filter_builder *b, const struct param_desc *p, struct sv bytes)
{
	uint8_t selector = (uint8_t)bytes.p[0];

	if (selector < p->ndyn && p->dyn[selector].type == PT_CHARBUF)
		filter_builder_text(b, (struct sv){ bytes.p + 1, bytes.n - 1 });
}

/* u8 family, then `before` bytes that stand in front of a path, or `ends` addresses with ports. */
static void add_socket(struct filter_builder *b, struct sv bytes, size_t before, unsigned ends)
{
	uint8_t family = (uint8_t)bytes.p[0];
	size_t len = family == FAMILY_INET ? 4 : family == FAMILY_INET6 ? 16 : 0;
	struct sv rest = { bytes.p + 1, bytes.n - 1 }, end;

	if (family == FAMILY_UNIX && rest.n > before)
		filter_builder_text(b, (struct sv){ rest.p + before, rest.n - before });
	while (len && ends-- && sv_take(&rest, len + PORT_SIZE, &end))
		filter_builder_ip(b, end.p, len);
}

static void add_param(struct filter_builder *b, const struct param_desc *p, enum text_kind kind,
		      struct sv bytes)
{
	switch (kind) {
	case TEXT_JSON:
		/* What an escape stands for would have to be spelled out. */
		if (memchr(bytes.p, '\\', bytes.n))
			filter_builder_anything(b);
		filter_builder_text(b, bytes);
		break;
	case TEXT_PLAIN:
		filter_builder_text(b, bytes);
		break;
	case TEXT_DYN:
		add_dyn(b, p, bytes);
		break;
	case TEXT_SOCKADDR:
		add_socket(b, bytes, 0, 1);
		break;
	case TEXT_SOCKTUPLE:
		add_socket(b, bytes, UNIX_ENDS, 2);
		break;
	case TEXT_IP:
		if (bytes.n == 4 || bytes.n == 16)
			filter_builder_ip(b, bytes.p, bytes.n);
		break;
	case TEXT_NONE:
		break;
	}
}

void segment_texts_event(const struct segment_texts *t, struct filter_builder *b,
			 const struct event *ev)
{
	for (uint64_t left = t->mask[ev->type]; left; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);
		struct sv bytes = event_param(ev, i);

		if (bytes.n)
			add_param(b, &ev->desc->params[i], t->kind[ev->type][i], bytes);
	}
}

/* --- lists and snapshots --- */

static void add_text(void *b, struct sv text)
{
	filter_builder_text(b, text);
}

static void add_ip(void *b, const struct ip *ip)
{
	if (ip->len)
		filter_builder_ip(b, ip->b, ip->len);
}

void segment_texts_record(struct filter_builder *b, const struct record *rec)
{
	meta_visit(rec, add_text, add_ip, b);
}

void segment_texts_snapshot(struct filter_builder *b, const struct snapshot_view *v)
{
	struct sv texts = v->columns[SNAPSHOT_TEXTS], addrs = v->columns[SNAPSHOT_ADDRS], text;
	struct ip ip;

	while (snapshot_next_text(&texts, &text))
		filter_builder_text(b, text);
	while (snapshot_next_addr(&addrs, &ip))
		add_ip(b, &ip);
}
