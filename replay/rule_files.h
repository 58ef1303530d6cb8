/*
 * Rule files from the disk: read, hashed, loaded in order, compiled.
 */
#ifndef SAKER_REPLAY_RULE_FILES_H
#define SAKER_REPLAY_RULE_FILES_H

#include "engine/rules/ruleset.h"
#include "format/base/buf.h"
#include "replay/digest.h"
#include "replay/inputs.h"

struct rule_files {
	const struct inputs *paths; /* borrowed */
	struct digest *digests;     /* of each path, as loaded */
	struct buf *texts;          /* likewise */
	struct ruleset *rules;      /* NULL when loading failed */
	struct diag_list diags;     /* warnings, also of a load that worked */
};

void rule_files_deinit(struct rule_files *rf);

/*
 * Load the files, which must outlive rf.  -1 with ERR_CHECK: the rules are wrong, rf->diags says
 * how; loading stops at the first wrong file, as in Falco.
 */
int rule_files_load(struct rule_files *rf, const struct inputs *paths,
		    const struct ruleset_selection *sel, struct err *err);

/* Another set of the same rules, from the texts as they were loaded.  NULL: ERR_NOMEM. */
struct ruleset *rule_files_copy(const struct rule_files *rf, const struct ruleset_selection *sel,
				struct err *err);

/* The whole file, at most RULE_FILE_MAX bytes, appended to out. */
enum { RULE_FILE_MAX = 64 << 20 };
int rule_file_read(const char *path, struct buf *out, struct err *err);

#endif
