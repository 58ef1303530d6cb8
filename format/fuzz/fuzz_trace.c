/* The parts of a native trace that lie behind its hashes: any bytes as a block, as metadata rows,
 * as an index, a snapshot or a filter.  The first byte chooses. */
#include "format/trace/event_block.h"
#include "format/trace/meta_rows.h"
#include "format/trace/snapshot_frame.h"
#include "format/trace/text_filter.h"
#include "format/trace/trace_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_block(struct sv in)
{
	struct packer *p = packer_new(1);
	struct block_cursor *c = block_cursor_new(NULL, false);
	struct event ev;
	uint64_t sum = 0;

	if (p && c && block_cursor_load(c, p, in, NULL) == 0) {
		while (block_cursor_next(c, &ev)) {
			for (uint32_t i = 0; i < ev.nparams; i++)
				sum += ev.params[i].n ? (uint8_t)ev.params[i].p[ev.params[i].n - 1]
						      : 0;
		}
	}
	volatile uint64_t keep = sum; /* or nothing would be read */

	(void)keep;
	block_cursor_free(c);
	packer_free(p);
}

static void as_rows(struct sv in)
{
	struct record rec = { 0 };
	struct buf again = { 0 };

	while (in.n && meta_take(&in, &rec, NULL) == 0)
		meta_put(&again, &rec);
	buf_deinit(&again);
}

static void as_snapshot(struct sv in)
{
	struct packer *p = packer_new(1);
	struct snapshot_columns columns = { 0 };
	struct snapshot_view view;
	struct snapshot_reader reader;
	uint64_t num;

	if (p && snapshot_frame_take(p, in, &columns, &view, &num, NULL) == 0 &&
	    snapshot_reader_init(&reader, &view, NULL) == 0)
		snapshot_reader_deinit(&reader);
	snapshot_columns_deinit(&columns);
	packer_free(p);
}

static void as_filter(struct sv in)
{
	struct packer *p = packer_new(1);
	struct text_filter filter = { 0 };

	if (p && text_filter_parse(&filter, p, in, NULL) == 0)
		text_filter_may_have(&filter, SV("/etc/passwd"), true, false);
	text_filter_deinit(&filter);
	packer_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_index index;

	if (size == 0)
		return 0;
	struct sv in = { (const char *)data + 1, size - 1 };
	switch (data[0] % 5) {
	case 0:
		as_block(in);
		break;
	case 1:
		as_rows(in);
		break;
	case 2:
		if (trace_index_parse(in, 1 << 16, &index, NULL) == 0)
			trace_index_deinit(&index);
		break;
	case 3:
		as_snapshot(in);
		break;
	default:
		as_filter(in);
	}
	return 0;
}
