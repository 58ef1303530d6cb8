#include "tools/common/cli.h"

#include "format/trace/hash.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_INDENT = 26, KEY_NO_SANDBOX = 1 << 20 };

void cli_complain(const char *program, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", program, err->msg);
}

/* --- help --- */

static void print_option(int key, const char *name, const char *arg, const char *help)
{
	char left[64];

	if (key < 256)
		snprintf(left, sizeof left, "-%c, --%s%s%s", key, name, arg ? "=" : "",
			 arg ? arg : "");
	else
		snprintf(left, sizeof left, "    --%s%s%s", name, arg ? "=" : "", arg ? arg : "");
	if (strlen(left) + 2 < HELP_INDENT)
		printf("  %-*s", HELP_INDENT - 2, left);
	else
		printf("  %s\n%*s", left, HELP_INDENT, "");
	for (const char *line = help; line;) {
		const char *end = strchr(line, '\n');

		printf("%.*s\n", end ? (int)(end - line) : (int)strlen(line), line);
		if (end)
			printf("%*s", HELP_INDENT, "");
		line = end ? end + 1 : NULL;
	}
}

static void print_command_help(const struct cli_program *p, const struct cli_command *cmd)
{
	printf("Usage: %s%s%s [OPTION]...%s%s\n%s\n\nOptions:\n", p->name, cmd->name ? " " : "",
	       cmd->name ? cmd->name : "", *cmd->operands ? " " : "", cmd->operands, cmd->help);
	for (size_t i = 0; i < cmd->noptions; i++)
		print_option(cmd->options[i].key, cmd->options[i].name, cmd->options[i].arg,
			     cmd->options[i].help);
	if (cmd->files != CLI_UNCONFINED)
		print_option(KEY_NO_SANDBOX, "no-sandbox", NULL,
			     "do not confine the process to the files it was told of");
	print_option('h', "help", NULL, "print this help");
	if (cmd->details)
		printf("\n%s\n", cmd->details);
}

static void print_program_help(const struct cli_program *p)
{
	printf("Usage: %s COMMAND [OPTION]... [OPERAND]...\n%s\n\nCommands:\n", p->name, p->help);
	for (size_t i = 0; i < p->ncommands; i++)
		printf("  %-12s%s\n", p->commands[i].name, p->commands[i].help);
	printf("\n\"%s COMMAND --help\" tells more; \"%s --version\" prints the version.\n",
	       p->name, p->name);
}

/* --- options --- */

static const struct cli_option *option_of(const struct cli_command *cmd, int key)
{
	for (size_t i = 0; i < cmd->noptions; i++) {
		if (cmd->options[i].key == key)
			return &cmd->options[i];
	}
	return NULL;
}

int cli_next(struct cli *c, struct err *err)
{
	struct option longs[CLI_MAX_OPTIONS + 2] = { 0 };
	size_t n = c->command->noptions < CLI_MAX_OPTIONS ? c->command->noptions : CLI_MAX_OPTIONS;
	char shorts[2 * CLI_MAX_OPTIONS + 2];
	char *s = shorts;

	*s++ = ':'; /* tell a missing value from an unknown option */
	for (size_t i = 0; i < n; i++) {
		const struct cli_option *o = &c->command->options[i];

		longs[i] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL,
					    o->key };
		if (o->key < 256) {
			*s++ = (char)o->key;
			if (o->arg)
				*s++ = ':';
		}
	}
	*s = '\0';
	if (c->command->files != CLI_UNCONFINED)
		longs[n] = (struct option){ "no-sandbox", no_argument, NULL, KEY_NO_SANDBOX };
	opterr = 0;
	int at, key;
	do {
		at = optind;
		key = getopt_long(c->argc, c->argv, shorts, longs, NULL);
		c->no_sandbox |= key == KEY_NO_SANDBOX;
	} while (key == KEY_NO_SANDBOX);
	c->value = optarg;
	switch (key) {
	case -1:
		c->argc -= optind;
		c->argv += optind;
		return 0;
	case ':': {
		const struct cli_option *o = option_of(c->command, optopt);

		return err_set(err, ERR_USAGE, "option --%s needs a value (%s)", o ? o->name : "?",
			       o ? o->arg : "?");
	}
	case '?':
		if (optopt && option_of(c->command, optopt))
			return err_set(err, ERR_USAGE, "option --%s takes no value",
				       option_of(c->command, optopt)->name);
		if (optopt)
			return err_set(err, ERR_USAGE, "unknown option -%c (try --help)", optopt);
		/* Operands may have been moved behind the option: it is the last one looked at. */
		return err_set(err, ERR_USAGE, "unknown or ambiguous option %s (try --help)",
			       c->argv[optind > at ? optind - 1 : at]);
	default:
		return key;
	}
}

int cli_operands(const struct cli *c, int min, int max, struct err *err)
{
	if (c->argc < min)
		return err_set(err, ERR_USAGE, "missing operand, expected %s (try --help)",
			       c->command->operands);
	if (max >= 0 && c->argc > max)
		return err_set(err, ERR_USAGE, "unexpected operand %s (try --help)", c->argv[max]);
	return 0;
}

void cli_allow(struct cli *c, const char *path, enum confine_right right)
{
	if (!path)
		return;
	if (c->nallowed == c->room) {
		size_t room = c->room ? 2 * c->room : 16;
		struct confine_path *more = realloc(c->allowed, room * sizeof *more);

		c->no_memory |= !more;
		if (!more)
			return;
		c->allowed = more;
		c->room = room;
	}
	c->allowed[c->nallowed++] = (struct confine_path){ path, right };
}

void cli_allow_all(struct cli *c, char *const *paths, size_t n, enum confine_right right)
{
	for (size_t i = 0; i < n; i++)
		cli_allow(c, paths[i], right);
}

static enum confine_right right_to_operand(const struct cli *c, int i)
{
	if (i < c->argc - 1)
		return CONFINE_READ;
	switch (c->command->files) {
	case CLI_WRITES_LAST:
		return CONFINE_WRITE;
	case CLI_WRITES_BY_LAST:
		return CONFINE_FOLDER;
	case CLI_UNSAID:
	case CLI_UNCONFINED:
	case CLI_NAMES_NONE:
	case CLI_READS:
		break;
	}
	return CONFINE_READ;
}

int cli_confine(struct cli *c, struct err *err)
{
	struct confinement in_force;

	for (int i = 0; i < c->argc && c->command->files != CLI_NAMES_NONE; i++)
		cli_allow(c, c->argv[i], right_to_operand(c, i));
	if (c->no_memory)
		return err_set(err, ERR_NOMEM, "out of memory");
	c->confined = true;
	/* libcrypto reads its configuration when it is first used. */
	hasher_free(hasher_new());
	return c->no_sandbox ? 0 : confine(c->allowed, c->nallowed, &in_force, err);
}

int cli_number(const struct cli *c, const char *option, uint64_t min, uint64_t max, uint64_t *out,
	       struct err *err)
{
	char *end;

	errno = 0;
	unsigned long long v = strtoull(c->value, &end, 10);
	if (c->value[0] < '0' || c->value[0] > '9' || *end || errno || v < min || v > max)
		return err_set(err, ERR_USAGE,
			       "option --%s wants a number from %" PRIu64 " to %" PRIu64 ", not %s",
			       option, min, max, c->value);
	*out = v;
	return 0;
}

int cli_choice(const struct cli *c, const char *option, const char *const *words, size_t *out,
	       struct err *err)
{
	struct buf known = { 0 };

	for (size_t i = 0; words[i]; i++) {
		if (strcmp(c->value, words[i]) == 0) {
			*out = i;
			buf_deinit(&known);
			return 0;
		}
		buf_printf(&known, "%s%s", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
	}
	err_set(err, ERR_USAGE, "option --%s wants %s, not %s", option, buf_cstr(&known), c->value);
	buf_deinit(&known);
	return -1;
}

int cli_print(struct buf *out, struct err *err)
{
	int rc = 0;

	if (out->failed)
		rc = err_set(err, ERR_NOMEM, "no memory for the output");
	else if (!buf_write(out, stdout))
		rc = err_errno(err, "cannot write to standard output");
	buf_deinit(out);
	return rc;
}

/* --- main --- */

static bool asks_for(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], option) == 0)
			return true;
	}
	return false;
}

static const struct cli_command *find_command(const struct cli_program *p, const char *name)
{
	for (size_t i = 0; i < p->ncommands; i++) {
		if (strcmp(p->commands[i].name, name) == 0)
			return &p->commands[i];
	}
	return NULL;
}

static int run(struct cli *c, struct err *err)
{
	int rc;

	optind = 0; /* getopt starts afresh */
	rc = c->command->run(c, err);
	free(c->allowed);
	assert(err->code != ERR_NONE || c->confined || c->command->files == CLI_UNCONFINED);
	errno = 0;
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_errno(err, "cannot write to standard output");
		rc = -1;
	}
	return rc;
}

int cli_main(const struct cli_program *p, int argc, char **argv)
{
	struct cli c = { .program = p, .argc = argc, .argv = argv };
	struct err err = { 0 };

	/*
	 * Local time (evt.time) is UTC: what a trace answers must not depend on where it is asked.
	 */
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < p->ncommands; i++)
		assert(p->commands[i].files != CLI_UNSAID);

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", p->name, SAKER_VERSION);
		return 0;
	}
	if (p->ncommands == 1 && !p->commands[0].name) {
		c.command = &p->commands[0];
	} else if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		if (argc >= 2) {
			print_program_help(p);
			return 0;
		}
		err_set(&err, ERR_USAGE, "missing command (try %s --help)", p->name);
	} else {
		c.command = find_command(p, argv[1]);
		c.argc--;
		c.argv++;
		if (!c.command)
			err_set(&err, ERR_USAGE, "unknown command %s (try %s --help)", argv[1],
				p->name);
	}
	if (c.command && (asks_for(c.argc, c.argv, "--help") || asks_for(c.argc, c.argv, "-h"))) {
		print_command_help(p, c.command);
		return 0;
	}
	if (err.code == ERR_NONE && run(&c, &err) == 0)
		return c.status;
	cli_complain(p->name, &err);
	return err_exit_status(&err);
}
