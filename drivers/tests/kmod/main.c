/*
 * kmod_torture MODULE [PART...]: all parts, or those named.  Ends with "N passed, N failed" and
 * status 1 if any failed.
 */
#include "drivers/tests/kmod/torture.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	void (*run)(struct torture *t);
} parts[] = {
	{ "device", torture_device },
	{ "pointers", torture_pointers },
	{ "races", torture_races },
	{ "loss", torture_loss },
	{ "hostile", torture_hostile_reader },
	{ "life", torture_life },
	{ "cost", torture_cost },
};

bool check(struct torture *t, bool holds, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!holds) {
		printf("FAIL ");
		vprintf(format, args);
		putchar('\n');
	}
	va_end(args);
	t->passed += holds;
	t->failed += !holds;
	return holds;
}

void figure(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("FIGURE kmod ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc == 2;
}

int main(int argc, char **argv)
{
	struct torture t = { .module = argc > 1 ? argv[1] : "" };

	if (argc < 2) {
		fprintf(stderr, "usage: kmod_torture MODULE [PART...]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		unsigned before = t.passed + t.failed;
		time_t begin = time(NULL);

		if (!wanted(parts[i].name, argc, argv))
			continue;
		parts[i].run(&t);
		printf("%s: %u checks, %ld s\n", parts[i].name, t.passed + t.failed - before,
		       (long)(time(NULL) - begin));
	}
	printf("%u passed, %u failed\n", t.passed, t.failed);
	return t.failed ? 1 : 0;
}
