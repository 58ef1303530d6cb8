/* The command line of rec. */
#ifndef SAKER_REC_OPTIONS_H
#define SAKER_REC_OPTIONS_H

#include "capture/driver.h"
#include "tools/common/rule_options.h"

/* Values of an option that may be repeated. */
struct names {
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

	struct names rules; /* files and folders */
	struct rule_options select;
	bool json, on_match;
	uint64_t before_ns, after_ns;
	struct names alert_to;
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

#endif
