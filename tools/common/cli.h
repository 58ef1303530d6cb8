/*
 * What every command line program of ours does the same way: subcommands from a table, options from
 * a table (which is also their help), one sentence on stderr per error, exit status 2 for a wrong
 * command line and 1 for any other failure.
 */
#ifndef SAKER_TOOLS_CLI_H
#define SAKER_TOOLS_CLI_H

#include "format/base/buf.h"
#include "format/base/err.h"
#include "tools/common/confine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_option {
	int key;          /* the letter of its short form, or any number from 256 on without one */
	const char *name; /* long form, without dashes */
	const char *arg;  /* "FILE"; NULL: takes none */
	const char *help;
};

struct cli;

/* What a command does with its operands: what it is allowed (confine.h). */
enum cli_files {
	CLI_UNSAID,         /* no command may leave it open */
	CLI_UNCONFINED,     /* it starts programs, or reads nothing that others wrote */
	CLI_NAMES_NONE,     /* no operand is a file, or they are folders: cli_allow says what is */
	CLI_READS,          /* reads all of them */
	CLI_WRITES_LAST,    /* writes the last one, reads the others */
	CLI_WRITES_BY_LAST, /* writes files in the folder of the last one, reads the others */
};

struct cli_command {
	const char *name;
	const char *operands; /* "TRACE...", for the usage line */
	const char *help;     /* one line */
	const char *details;  /* paragraphs below the options; may be NULL */
	const struct cli_option *options;
	size_t noptions;
	enum cli_files files; /* not CLI_UNCONFINED: run calls cli_confine; has --no-sandbox */
	int (*run)(struct cli *c, struct err *err);
};

struct cli_program {
	const char *name;
	const char *help; /* one line */
	/* Several commands, picked by the first argument; or a single one, which has no name. */
	const struct cli_command *commands;
	size_t ncommands;
};

enum { CLI_MAX_OPTIONS = 48 };

/* A command line while its command runs. */
struct cli {
	const struct cli_program *program;
	const struct cli_command *command;
	int argc;
	char **argv;
	const char *value; /* of the option that cli_next returned last */
	bool no_sandbox;   /* --no-sandbox was given */
	bool confined;     /* cli_confine was called */
	struct confine_path *allowed;
	size_t nallowed, room;
	bool no_memory; /* for `allowed` */
	int status;     /* exit status of a run that succeeded; 0 unless the command sets it */
};

/*
 * The next option's key; 0 when there are none left (the operands are then argv[0..argc-1]); -1
 * with ERR_USAGE for an unknown option or a missing value.  Options may stand among operands; "--"
 * ends them.
 */
int cli_next(struct cli *c, struct err *err);

/* ERR_USAGE unless there are min to max operands (max < 0: any number). */
int cli_operands(const struct cli *c, int min, int max, struct err *err);

/* One more path for cli_confine, borrowed until then; NULL is fine. */
void cli_allow(struct cli *c, const char *path, enum confine_right right);
void cli_allow_all(struct cli *c, char *const *paths, size_t n, enum confine_right right);
/*
 * Confine the process to what the command does with its operands, and to what was allowed besides;
 * before the first byte of a trace is looked at.
 */
int cli_confine(struct cli *c, struct err *err);

/* The last option's value as a number from min to max, else ERR_USAGE. */
int cli_number(const struct cli *c, const char *option, uint64_t min, uint64_t max, uint64_t *out,
	       struct err *err);

/* Index of the last option's value among words, which end with NULL; else ERR_USAGE, which names
 * them. */
int cli_choice(const struct cli *c, const char *option, const char *const *words, size_t *out,
	       struct err *err);

/* All of main: help, version, dispatch, the error sentence, the exit status. */
int cli_main(const struct cli_program *p, int argc, char **argv);

/*
 * Print what a command has to say, and release *out.  ERR_NOMEM, and nothing printed, when memory
 * ran out while it was put together; ERR_IO when standard output does not take it.
 */
int cli_print(struct buf *out, struct err *err);

/* "scap: a.scap: byte 12: ..." on stderr. */
void cli_complain(const char *program, const struct err *err);

#endif
