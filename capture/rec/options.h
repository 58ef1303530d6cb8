/* The command line of rec. */
#ifndef SAKER_REC_OPTIONS_H
#define SAKER_REC_OPTIONS_H

#include "capture/driver.h"
#include "engine/engine.h"
#include "tools/common/cli.h"

/* Words of a repeated option. */
struct words {
	const char **items;
	size_t n;
};

struct options {
	const char *output;   /* NULL: no trace */
	uint64_t duration_ns; /* 0: until told to stop */
	uint64_t max_bytes, rotate_bytes, rotate_ns, ring_bytes;
	uint32_t keep;
	int level;

	enum driver_kind driver;
	struct driver_set set;
	const char *syscalls; /* as written, NULL: the default */
	const char *filter;
	uint32_t snaplen, ring_kib;
	bool self;
	bool paths_at_exit;

	struct words rules; /* files and folders */
	enum rule_matching matching;
	enum priority min_priority;
	struct words tags_on, tags_off, rules_off, extra_fields;
	bool json, on_match;
	uint64_t before_ns, after_ns;
	struct words alert_to;
	const char *db;

	const char *user;
	uint32_t max_cpu; /* percent of one CPU, 0: no limit */
	bool quiet;
};

extern const struct cli_option options_table[];
extern const size_t options_table_n;
extern const char options_details[];

/* options_deinit is needed after a failure, too. */
int options_parse(struct options *o, struct cli *c, struct err *err);
void options_deinit(struct options *o);

/* *room is for the caller to free; the selection borrows it and o. */
int options_selection(const struct options *o, struct sv **room, struct ruleset_selection *out,
		      struct err *err);

#endif
