/* Any bytes as a stock trace: read to the end, as they are and upgraded. */
#include "format/scap/scap_reader.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every byte of a view, so that a sanitizer sees one that leads astray. */
static uint64_t sum(struct sv s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (uint8_t)s.p[i];
	return n;
}

static uint64_t touch(const struct record *r)
{
	uint64_t n = 0;

	switch (r->kind) {
	case RECORD_SECTION:
	case RECORD_IFACES_BEGIN:
	case RECORD_USERS_BEGIN:
		break;
	case RECORD_MACHINE:
		return sum(r->machine.hostname);
	case RECORD_IFACE:
		return sum(r->iface.name);
	case RECORD_USER:
		return sum(r->user.name) + sum(r->user.homedir) + sum(r->user.shell);
	case RECORD_GROUP:
		return sum(r->group.name);
	case RECORD_PROC:
		return sum(r->proc.comm) + sum(r->proc.exe) + sum(r->proc.exepath) +
		       sum(r->proc.cwd) + sum(r->proc.root) + sum(r->proc.args) + sum(r->proc.env) +
		       sum(r->proc.cgroups);
	case RECORD_FD:
		return sum(r->fd.name);
	case RECORD_LOSS:
		return sum(r->loss.what);
	case RECORD_EVENT:
		if (!r->event.desc || r->event.nparams > EVENT_MAX_PARAMS)
			abort();
		for (uint32_t i = 0; i < r->event.nparams; i++)
			n += sum(r->event.params[i]);
		break;
	case RECORD_STATE:
		for (int i = 0; i < SNAPSHOT_COLUMNS; i++)
			n += sum(r->snapshot.columns[i]);
		break;
	}
	return n;
}

static void read_all(struct sv bytes, bool upgrade, size_t buffer_bytes)
{
	struct source_options opt = { .upgrade = upgrade, .buffer_bytes = buffer_bytes };
	struct source *s;
	struct record rec;
	struct err err = { 0 };
	uint64_t last = 0, total = 0;
	enum next n;

	if (scap_reader_open_mem(bytes, "fuzz", &opt, &s, &err) < 0)
		return;
	while ((n = source_next(s, &rec, &err)) == NEXT_ITEM) {
		total += touch(&rec);
		if (rec.kind == RECORD_EVENT && rec.event.num < last)
			abort();
		if (rec.kind == RECORD_EVENT)
			last = rec.event.num;
		if (s->stats.events > 100000)
			break; /* a few bytes of gzip may hold very many */
	}
	if ((n == NEXT_ERROR) != (err.code != ERR_NONE) || total == UINT64_MAX)
		abort();
	source_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv bytes = { (const char *)data, size };

	read_all(bytes, false, 0);
	read_all(bytes, true, 0);
	read_all(bytes, true, 256);
	return 0;
}
