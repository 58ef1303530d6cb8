/*
 * ISA-L inflates twice as fast as zlib; it is used where it was found when building.
 *
 * Version 2.30 loses its place when a gzip header does not come in one piece, so headers are read
 * here and the library gets what is behind them; it still checks length and checksum at the end.
 */
#include "format/scap/inflate.h"

#ifdef SAKER_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_RESERVED = 0xe0 };

/* What of a gzip header comes next (RFC 1952); parts that the flags leave out are passed over. */
enum part { PART_FIXED, PART_EXTRA_LEN, PART_EXTRA, PART_NAME, PART_COMMENT, PART_HCRC, PART_DONE };

struct isal {
	struct inflate_state inflate;
	enum part part;
	uint32_t at; /* bytes of this part that were read */
	uint32_t extra_n;
	uint32_t hcrc; /* as the header says */
	uint32_t crc;  /* of the header so far */
	uint8_t method, flags;
};

static int isal_reset(void *state)
{
	struct isal *s = state;

	isal_inflate_reset(&s->inflate);
	s->inflate.crc_flag = ISAL_GZIP_NO_HDR_VER;
	s->part = PART_FIXED;
	s->at = s->extra_n = s->hcrc = s->crc = 0;
	return 0;
}

static void *isal_open(void)
{
	struct isal *s = malloc(sizeof *s);

	if (s) {
		isal_inflate_init(&s->inflate);
		isal_reset(s);
	}
	return s;
}

static bool part_is_there(const struct isal *s)
{
	static const uint8_t flag_of[] = { [PART_EXTRA_LEN] = FLAG_EXTRA,
					   [PART_EXTRA] = FLAG_EXTRA,
					   [PART_NAME] = FLAG_NAME,
					   [PART_COMMENT] = FLAG_COMMENT,
					   [PART_HCRC] = FLAG_HCRC };

	if (s->part == PART_EXTRA && s->extra_n == 0)
		return false;
	return s->part == PART_DONE || (s->flags & flag_of[s->part]) != 0;
}

/* Is the part complete with this byte? */
static bool part_takes(struct isal *s, uint8_t byte)
{
	uint32_t at = s->at++;

	switch (s->part) {
	case PART_FIXED: /* magic, method, flags, time, two more */
		if (at == 2)
			s->method = byte;
		if (at == 3)
			s->flags = byte;
		return at == 9;
	case PART_EXTRA_LEN:
		s->extra_n |= (uint32_t)byte << 8 * at;
		return at == 1;
	case PART_EXTRA:
		return at + 1 == s->extra_n;
	case PART_NAME:
	case PART_COMMENT:
		return byte == 0;
	case PART_HCRC:
		s->hcrc |= (uint32_t)byte << 8 * at;
		return at == 1;
	case PART_DONE:
		break;
	}
	return true;
}

/* Read header bytes; *why is set when they are wrong. */
static void read_header(struct isal *s, struct inflate_io *io, const char **why)
{
	while (s->part != PART_DONE && io->in_n > 0) {
		enum part part = s->part;
		uint8_t byte = *io->in++;

		io->in_n--;
		if (part != PART_HCRC)
			s->crc = crc32_gzip_refl(s->crc, &byte, 1);
		if (!part_takes(s, byte))
			continue;
		if (part == PART_FIXED && s->method != 8)
			*why = "unknown compression method";
		else if (part == PART_FIXED && s->flags & FLAGS_RESERVED)
			*why = "unknown header flags set";
		else if (part == PART_HCRC && s->hcrc != (s->crc & 0xffff))
			*why = "header crc mismatch";
		if (*why)
			return;
		s->at = 0;
		do
			s->part++;
		while (!part_is_there(s));
	}
}

static const char *reason(int rc)
{
	switch (rc) {
	case ISAL_INVALID_BLOCK:
		return "invalid block type";
	case ISAL_INVALID_SYMBOL:
		return "invalid symbol";
	case ISAL_INVALID_LOOKBACK:
		return "invalid distance too far back";
	case ISAL_INCORRECT_CHECKSUM:
		return "incorrect data check";
	default:
		return "unknown reason";
	}
}

static enum inflate_result isal_run(void *state, struct inflate_io *io, const char **why)
{
	struct isal *s = state;

	*why = NULL;
	read_header(s, io, why);
	if (*why)
		return INFLATE_DAMAGED;
	if (s->part != PART_DONE)
		return INFLATE_OK;

	uint32_t in_n = io->in_n < INT_MAX ? (uint32_t)io->in_n : INT_MAX;
	uint32_t out_n = io->out_n < INT_MAX ? (uint32_t)io->out_n : INT_MAX;
	s->inflate.next_in = (uint8_t *)(uintptr_t)io->in;
	s->inflate.avail_in = in_n;
	s->inflate.next_out = io->out;
	s->inflate.avail_out = out_n;
	int rc = isal_inflate(&s->inflate);
	io->in += in_n - s->inflate.avail_in;
	io->in_n -= in_n - s->inflate.avail_in;
	io->out += out_n - s->inflate.avail_out;
	io->out_n -= out_n - s->inflate.avail_out;
	if (rc < 0) {
		*why = reason(rc);
		return INFLATE_DAMAGED;
	}
	return s->inflate.block_state == ISAL_BLOCK_FINISH ? INFLATE_MEMBER_END : INFLATE_OK;
}

static void isal_close(void *state)
{
	free(state);
}

static const struct inflate_ops inflate_isal = { "isa-l", isal_open, isal_reset, isal_run,
						 isal_close };
#endif

const struct inflate_ops *const inflate_kinds[] = {
#ifdef SAKER_ISAL
	&inflate_isal,
#endif
	&inflate_zlib,
	NULL,
};
