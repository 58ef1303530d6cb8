/* A test trace in memory, and what is read from it. */
#ifndef SAKER_TEST_TRACE_FILE_H
#define SAKER_TEST_TRACE_FILE_H

#include "format/tests/test.h"

#include "format/scap/scap_reader.h"

#include <stdio.h>

/* All of a file, to be freed by the caller. */
static inline struct sv load_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	assert_true(size >= 0);
	rewind(f);
	char *p = malloc((size_t)size + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, (size_t)size, f), size);
	fclose(f);
	return (struct sv){ p, (size_t)size };
}

static inline struct source *open_bytes(struct sv bytes, bool upgrade, size_t buffer_bytes)
{
	struct source_options opt = { .upgrade = upgrade, .buffer_bytes = buffer_bytes };
	struct source *s = NULL;
	struct err err = { 0 };

	assert_int_equal(scap_reader_open_mem(bytes, "mem", &opt, &s, &err), 0);
	return s;
}

#endif
