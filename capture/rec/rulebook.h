/*
 * The rules in force on a living host, with all that is needed to tell of their matches.  Shared:
 * when they are loaded again, whoever still has matches of the old ones keeps these.
 */
#ifndef SAKER_REC_RULEBOOK_H
#define SAKER_REC_RULEBOOK_H

#include "capture/rec/options.h"
#include "replay/alert.h"
#include "replay/store.h"

struct rulebook;

/*
 * Load what -r names, folders read afresh.  What is wrong or odd about the rules goes to *notes as
 * text.  One reference.
 */
int rulebook_load(const struct options *o, struct buf *notes, struct rulebook **out,
		  struct err *err);
struct rulebook *rulebook_ref(struct rulebook *b);
void rulebook_unref(struct rulebook *b); /* NULL is fine */

/* Running them changes them: one thread. */
struct ruleset *rulebook_rules(const struct rulebook *b);
/* Rendering is for that thread, too. */
struct alerts *rulebook_alerts(const struct rulebook *b);
/* The files, with their hashes. */
size_t rulebook_files(const struct rulebook *b, const struct store_file **out);

#endif
