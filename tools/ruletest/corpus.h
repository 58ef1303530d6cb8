/* The traces of a suite: files, what lies in directories, what patterns match, lists of events. */
#ifndef SAKER_RULETEST_CORPUS_H
#define SAKER_RULETEST_CORPUS_H

#include "replay/digest.h"
#include "tools/common/cli.h"
#include "tools/ruletest/answer.h"
#include "tools/ruletest/panel.h"

#include <sys/types.h>

/* What is played: each file once, whoever asks, and each list of events. */
struct trace {
	struct sv path; /* with a NUL; empty: the list of events below */
	struct sv name; /* of such a list */
	const struct record *records;
	size_t nrecords;
	uint64_t bytes; /* of the file, to begin with the largest */
	dev_t device;   /* which file it is, */
	ino_t inode;    /* under whatever name */
	struct digest digest;
	/* By whoever plays it: */
	struct arena arena;
	struct answer **answers; /* per probe of the plan; NULL: nobody asks */
	size_t nasked;
	struct sv cached; /* answers in the cache to questions that this run does not ask */
	struct trace_span span;
};

/* need (NULL: everything): which parameters will be looked at; it must outlive the source. */
int trace_open(const struct trace *t, const struct column_need *need, struct source **out,
	       struct err *err);

struct corpus {
	struct arena arena;
	struct trace **items;
	size_t n, cap;
};

void corpus_deinit(struct corpus *c);
/* The trace of this file, found or added.  NULL: no memory. */
struct trace *corpus_file(struct corpus *c, const char *path);
/* The traces that operands of a command line mean. */
int corpus_add(struct corpus *c, char **operands, int n, struct err *err);
/* To be read by a confined process. */
void corpus_allow(const struct corpus *c, struct cli *cli);
struct trace *corpus_list(struct corpus *c, const struct record *records, size_t n);

/*
 * The files that a text means: a file, a directory, a pattern; "$NAME" and "${NAME}" stand for
 * the environment, relative paths begin at `base`.  With nothing there, *absent says why.
 */
int corpus_paths(struct sv text, struct sv base, struct arena *arena, struct sv_list *out,
		 struct sv *absent, struct err *err);
/* The same for one path, which need not exist. */
int corpus_path(struct sv text, struct sv base, struct arena *arena, struct sv *out,
		struct sv *absent, struct err *err);

#endif
