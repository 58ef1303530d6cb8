#include "format/scap/block.h"

#include <stddef.h>

/* The ids 0x80..ABCD were used before the first release; their layout is the same. */
const struct block_type block_types[BLOCK_TYPES] = {
	{ .id = BLOCK_ID_EVENT, .name = "event V2", .kind = BLOCK_EVENT, .version = 2 },
	{ .id = BLOCK_ID_EVENT_FLAGS,
	  .name = "event V2 with flags",
	  .kind = BLOCK_EVENT,
	  .version = 2,
	  .flags = true },
	{ .id = BLOCK_ID_EVENT_LARGE,
	  .name = "large event V2",
	  .kind = BLOCK_EVENT,
	  .version = 2,
	  .large = true },
	{ .id = BLOCK_ID_EVENT_LARGE_FLAGS,
	  .name = "large event V2 with flags",
	  .kind = BLOCK_EVENT,
	  .version = 2,
	  .flags = true,
	  .large = true },
	{ .id = 0x204, .name = "event V1", .kind = BLOCK_EVENT, .version = 1 },
	{ .id = 0x8010ABCD, .name = "event V1 (pre-release)", .kind = BLOCK_EVENT, .version = 1 },
	{ .id = 0x208,
	  .name = "event V1 with flags",
	  .kind = BLOCK_EVENT,
	  .version = 1,
	  .flags = true },
	{ .id = BLOCK_ID_SECTION, .name = "section header", .kind = BLOCK_SECTION, .version = 1 },
	{ .id = BLOCK_ID_MACHINE, .name = "machine info", .kind = BLOCK_MACHINE, .version = 1 },
	{ .id = 0x8002ABCD,
	  .name = "machine info (pre-release)",
	  .kind = BLOCK_MACHINE,
	  .version = 1 },
	{ .id = 0x202, .name = "process list V1", .kind = BLOCK_PROCS, .version = 1 },
	{ .id = 0x8000ABCD,
	  .name = "process list V1 (pre-release)",
	  .kind = BLOCK_PROCS,
	  .version = 1 },
	{ .id = 0x207, .name = "process list V2", .kind = BLOCK_PROCS, .version = 2 },
	{ .id = 0x8013ABCD,
	  .name = "process list V2 (pre-release)",
	  .kind = BLOCK_PROCS,
	  .version = 2 },
	{ .id = 0x209, .name = "process list V3", .kind = BLOCK_PROCS, .version = 3 },
	{ .id = 0x8014ABCD,
	  .name = "process list V3 (pre-release)",
	  .kind = BLOCK_PROCS,
	  .version = 3 },
	{ .id = 0x210, .name = "process list V4", .kind = BLOCK_PROCS, .version = 4 },
	{ .id = 0x211, .name = "process list V5", .kind = BLOCK_PROCS, .version = 5 },
	{ .id = 0x212, .name = "process list V6", .kind = BLOCK_PROCS, .version = 6 },
	{ .id = 0x213, .name = "process list V7", .kind = BLOCK_PROCS, .version = 7 },
	{ .id = 0x214, .name = "process list V8", .kind = BLOCK_PROCS, .version = 8 },
	{ .id = BLOCK_ID_PROCS, .name = "process list V9", .kind = BLOCK_PROCS, .version = 9 },
	{ .id = 0x203, .name = "fd list V1", .kind = BLOCK_FDS, .version = 1 },
	{ .id = 0x8001ABCD, .name = "fd list V1 (pre-release)", .kind = BLOCK_FDS, .version = 1 },
	{ .id = BLOCK_ID_FDS, .name = "fd list V2", .kind = BLOCK_FDS, .version = 2 },
	{ .id = 0x205, .name = "interface list V1", .kind = BLOCK_IFACES, .version = 1 },
	{ .id = 0x8011ABCD,
	  .name = "interface list V1 (pre-release)",
	  .kind = BLOCK_IFACES,
	  .version = 1 },
	{ .id = BLOCK_ID_IFACES, .name = "interface list V2", .kind = BLOCK_IFACES, .version = 2 },
	{ .id = 0x206, .name = "user list V1", .kind = BLOCK_USERS, .version = 1 },
	{ .id = 0x8012ABCD,
	  .name = "user list V1 (pre-release)",
	  .kind = BLOCK_USERS,
	  .version = 1 },
	{ .id = BLOCK_ID_USERS, .name = "user list V2", .kind = BLOCK_USERS, .version = 2 },
};

const struct block_type *block_type_of(uint32_t id)
{
	for (size_t i = 0; i < BLOCK_TYPES; i++) {
		if (block_types[i].id == id)
			return &block_types[i];
	}
	return NULL;
}
