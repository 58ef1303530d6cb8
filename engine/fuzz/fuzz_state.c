/*
 * Records of any content into a state.  The input is a list of small records:
 *
 *   0                                                     a new section
 *   1 tid pid ptid flags[4] text comm, cwd, cgroups, args a listed thread
 *   2 tid fd type l4 port[2] port[2] ip[16] ip[16] text   a listed fd
 *   3 len ip[16] ip[16]                                   an interface
 *   4 uid gid text                                        a user and a group
 *   5.. type[2] tid steps n, n x text                     an event, `steps` x 50 ms later
 *
 * text: length (255: two more bytes follow with it), bytes.
 */
#include "engine/state/state.h"

#include <stdlib.h>

struct input {
	const uint8_t *p;
	size_t n;
};

static uint8_t byte(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

static uint16_t word(struct input *in)
{
	uint16_t lo = byte(in);

	return (uint16_t)(lo | byte(in) << 8);
}

static struct sv text(struct input *in)
{
	size_t n = byte(in);

	if (n == 255)
		n = word(in);
	n = n < in->n ? n : in->n;
	struct sv s = { (const char *)in->p, n };
	in->p += n;
	in->n -= n;
	return s;
}

static struct ip address(struct input *in, uint8_t len)
{
	struct ip ip = { .len = len };

	for (int i = 0; i < 16; i++)
		ip.b[i] = byte(in);
	return ip;
}

/* Ids near the ends of their range, too. */
static int64_t id(struct input *in)
{
	uint8_t b = byte(in);

	return b < 250 ? b : b == 255 ? INT64_MIN : INT64_MAX - b;
}

static struct record listed_thread(struct input *in)
{
	struct proc_entry p = { .tid = id(in), .pid = id(in), .ptid = id(in) };

	p.sid = p.pgid = p.vpgid = p.pid;
	p.vtid = p.tid;
	p.vpid = p.pid;
	p.flags = word(in);
	p.flags |= (uint32_t)word(in) << 16;
	p.comm = text(in);
	p.cwd = text(in);
	p.cgroups = text(in);
	p.args = p.env = text(in);
	return (struct record){ .kind = RECORD_PROC, .proc = p };
}

static struct record listed_fd(struct input *in)
{
	struct fd_entry f = { .tid = id(in), .fd = id(in), .type = byte(in), .l4 = byte(in) };
	uint8_t len = f.type == FD_IPV6_SOCK || f.type == FD_IPV6_SERVSOCK ? 16 : 4;

	f.sport = word(in);
	f.dport = word(in);
	f.sip = address(in, len);
	f.dip = address(in, len);
	f.name = text(in);
	return (struct record){ .kind = RECORD_FD, .fd = f };
}

static struct record interface(struct input *in)
{
	uint8_t len = byte(in) & 1 ? 16 : 4;
	struct iface_entry i = { .addr = address(in, len), .netmask = address(in, len) };

	return (struct record){ .kind = RECORD_IFACE, .iface = i };
}

static void check(const struct state *s)
{
	const struct moment *m = &s->now;

	if (s->nthreads > STATE_MAX_THREADS || (m->fd && !m->thread))
		abort();
	if (!m->thread)
		return;
	moment_fd(m);
	thread_cwd(m->thread);
	thread_env(m->thread);
	state_container_of(s, m->thread);
	const struct thread *t = m->thread;
	for (int depth = 0; t && depth < 20; depth++)
		t = state_parent(s, t);
}

static int feed_event(struct state *s, struct input *in, uint64_t *ts_ns, struct err *err)
{
	struct event ev = { .num = 1, .type = word(in) % EV_COUNT, .tid = id(in) };
	uint32_t steps = byte(in), n = byte(in) % (EVENT_MAX_PARAMS + 1);
	size_t total = 0;

	ev.desc = schema_event(ev.type);
	ev.ts_ns = *ts_ns += steps * UINT64_C(50000000);
	ev.nparams = n;
	for (uint32_t i = 0; i < n; i++) {
		ev.params[i] = text(in);
		total += ev.params[i].n;
	}
	/* Back to back in a block of exactly their size, as a reader would have them. */
	char *block = malloc(total ? total : 1), *at = block;
	for (uint32_t i = 0; i < n; i++) {
		if (ev.params[i].n)
			memcpy(at, ev.params[i].p, ev.params[i].n);
		ev.params[i].p = at;
		at += ev.params[i].n;
	}
	int rc = state_event(s, &ev, err);
	check(s);
	free(block);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct state *s = state_new();
	uint64_t ts_ns = UINT64_C(1700000000000000000);
	struct err err = { 0 };
	int rc = 0;

	while (in.n && rc == 0) {
		struct record rec = { .kind = RECORD_SECTION };

		switch (byte(&in)) {
		case 0:
			rc = state_meta(s, &rec, &err);
			break;
		case 1:
			rec = listed_thread(&in);
			rc = state_meta(s, &rec, &err);
			break;
		case 2:
			rec = listed_fd(&in);
			rc = state_meta(s, &rec, &err);
			break;
		case 3:
			rec = interface(&in);
			rc = state_meta(s, &rec, &err);
			break;
		case 4:
			rec = (struct record){ .kind = RECORD_USER };
			rec.user.uid = byte(&in);
			rec.user.gid = byte(&in);
			rec.user.name = text(&in);
			rc = state_meta(s, &rec, &err);
			rec = (struct record){ .kind = RECORD_GROUP,
					       .group = { rec.user.gid, rec.user.name } };
			rc |= state_meta(s, &rec, &err);
			break;
		default:
			rc = feed_event(s, &in, &ts_ns, &err);
			break;
		}
	}
	state_free(s);
	return 0;
}
