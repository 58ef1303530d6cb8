/*
 * What the records of a trace tell about processes: who cloned whom, what was run, how it ended.
 *
 * News come either straight from a state, whose threads are then described only when somebody asks,
 * or from a copy of such news that another thread made (replay/parcel.h), which is complete.
 */
#ifndef SAKER_REPLAY_PROCESS_NEWS_H
#define SAKER_REPLAY_PROCESS_NEWS_H

#include "engine/state/state.h"
#include "format/base/buf.h"
#include "replay/store.h"

enum { LINEAGE_MAX = 64 };

/* A process at one moment; its ids are for the store to fill in. */
struct process_look {
	int64_t ppid;
	struct store_program program;
	struct store_container container; /* id is empty: on the host */
};

/* One process of a lineage. */
struct ancestor {
	int64_t pid;
	uint64_t clone_ts;
	bool is_main;                    /* else clone_ts tells nothing */
	const struct thread *thread;     /* straight from a state */
	const struct process_look *look; /* from a copy; NULL: was described before */
};

/* A thread's process and those above it. */
struct lineage {
	const struct state *state; /* NULL: from a copy */
	const struct thread *thread;
	const struct ancestor *told; /* nearest first */
	size_t ntold;
};

struct lineage_walk {
	const struct lineage *lineage;
	const struct thread *at;
	size_t n; /* handed out so far, at most LINEAGE_MAX */
};

static inline struct lineage_walk lineage_begin(const struct lineage *l)
{
	return (struct lineage_walk){ .lineage = l, .at = l->thread };
}

/* The next one up; false: there are no more. */
bool lineage_next(struct lineage_walk *w, struct ancestor *out);

/* What it is now.  Views live as long as the lineage and cmdline do.  False: told before. */
bool ancestor_look(const struct lineage *l, const struct ancestor *a, struct buf *cmdline,
		   struct process_look *out);

enum news_kind {
	NEWS_SECTION,   /* all that ran is forgotten */
	NEWS_LISTED,    /* it was there when the section began; its parent will be told */
	NEWS_PARENT,    /* of a listed one */
	NEWS_STARTED,   /* it was cloned */
	NEWS_PROGRAM,   /* it runs another program */
	NEWS_ENDED,     /* it exited */
	NEWS_CONTAINER, /* what is known of a container changed */
};

struct process_news {
	enum news_kind kind;
	uint64_t num, ts_ns;              /* of the event */
	struct lineage who;               /* LISTED, STARTED, PROGRAM, ENDED */
	const struct process_look *look;  /* PROGRAM: of the thread itself; NULL: ask its state */
	int64_t pid, parent_pid;          /* PARENT; 0: has none */
	struct store_exit exit;           /* ENDED */
	struct store_container container; /* CONTAINER */
};

/* PROGRAM: what runs from now on. */
void news_look(const struct process_news *n, struct buf *cmdline, struct process_look *out);

typedef int process_news_fn(void *arg, const struct process_news *n, struct err *err);

/* Watches the records of one trace. */
struct process_watch {
	int64_t *listed; /* whose parents are looked up when the list at the start is complete */
	size_t n, cap;
};

void process_watch_deinit(struct process_watch *w);
/* A record that the state has taken in: calls `tell` for all that it says. */
int process_watch_record(struct process_watch *w, const struct record *rec,
			 const struct state *state, process_news_fn *tell, void *arg,
			 struct err *err);

/* The processes that the state knows now, as if they were listed at the start of a section. */
int process_watch_list(const struct state *state, process_news_fn *tell, void *arg,
		       struct err *err);

#endif
