/* Where things are in a native trace's file and frame headers, for whoever reads bytes.  SPEC 3. */
#ifndef SAKER_TRACE_FRAME_LAYOUT_H
#define SAKER_TRACE_FRAME_LAYOUT_H

#include "format/base/bytes.h"
#include "format/trace/frame.h"

#include <string.h>

/* File header: magic[8], u16 major, u16 minor, u32 zero. */
enum { OFF_MAJOR = 8, OFF_MINOR = 10, VERSION_MAJOR = 1, VERSION_MINOR = 0 };

/* Frame header: magic[4], u8 kind, 3 zero bytes, u64 payload length, u64 sequence number. */
enum { OFF_KIND = 4, OFF_LENGTH = 8, OFF_SEQ = 16, OFF_HASH = 24, OFF_CHAIN = 56 };

enum { FRAME_MAGIC_SIZE = 4 };
#define FRAME_MAGIC "SKF1"

static inline bool frame_magic_at(const char *p)
{
	return memcmp(p, FRAME_MAGIC, FRAME_MAGIC_SIZE) == 0;
}

#endif
