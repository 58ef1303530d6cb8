/* The command line of replay. */
#ifndef SAKER_REPLAY_CLI_OPTIONS_H
#define SAKER_REPLAY_CLI_OPTIONS_H

#include "format/span.h"
#include "replay/inputs.h"
#include "replay/shard.h"
#include "tools/common/rule_options.h"

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_NONE };
enum listing { LIST_NOTHING, LIST_FIELDS, LIST_EVENTS, LIST_RULES, LIST_RULE };
enum listing_format { LISTING_TEXT, LISTING_MARKDOWN, LISTING_JSON };

struct options {
	struct inputs rules, traces;
	struct shard shard; /* of the traces; has been applied */
	struct rule_options select;
	enum output output;
	const char *db;        /* NULL: no store */
	const char *from, *to; /* of span, as written; NULL: not given */
	struct span span;
	unsigned jobs;
	bool quiet;
	enum listing listing;
	const char *describe; /* of LIST_RULE */
	enum listing_format format;
};

extern const struct cli_option options_table[];
extern const size_t options_table_n;
extern const char options_details[];

/* options_deinit is needed after a failure, too. */
int options_parse(struct options *o, struct cli *c, struct err *err);
void options_deinit(struct options *o);

/* What besides rules and trace decides the matches, as JSON: the identity of a stored run. */
void options_identity(const struct options *o, struct buf *out);

#endif
