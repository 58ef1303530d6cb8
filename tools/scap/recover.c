/* scap recover: what is intact of a damaged native trace, as a whole one. */
#include "format/trace/recover.h"
#include "tools/common/human.h"
#include "tools/scap/commands.h"
#include "tools/scap/info_losses.h"
#include "tools/scap/output_file.h"
#include "tools/scap/provenance.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { SHOWN = 10 };

static void put_holes(struct buf *b, const struct salvage *s)
{
	for (size_t i = 0; i < s->nholes && i < SHOWN; i++)
		buf_printf(b, "  %-14s%" PRIu64 " byte%s at offset %" PRIu64 "\n",
			   i ? "" : "damaged", s->holes[i].size, s->holes[i].size == 1 ? "" : "s",
			   s->holes[i].offset);
	if (s->nholes > SHOWN)
		buf_printf(b, "  %-14sand %zu places more\n", "", s->nholes - SHOWN);
	if (s->gave_up)
		buf_printf(b, "  %-14sthe rest: too much of it looks like frames and is none\n",
			   "");
}

static void put_report(struct buf *b, const char *in, const char *out, const struct recovery *r)
{
	const struct salvage *s = &r->found;

	human_text(b, sv_of(in));
	if (s->nholes == 0 && s->ended && s->mended == 0 && r->losses.n == 0)
		buf_puts(b, ": intact");
	buf_puts(b, ": ");
	human_count(b, r->events);
	buf_puts(b, r->events == 1 ? " event into " : " events into ");
	human_text(b, sv_of(out));
	buf_putc(b, '\n');
	put_holes(b, s);
	if (s->nholes == 0 && !s->ended)
		buf_printf(b, "  %-14sthe trace ends without its trailer\n", "damaged");
	if (s->mended)
		buf_printf(b, "  %-14s%zu frame%s with a damaged hash value\n", "mended", s->mended,
			   s->mended == 1 ? "" : "s");
	if (r->unusable)
		buf_printf(b,
			   "  %-14s%" PRIu64
			   " intact frame%s that mean nothing without what is lost\n",
			   "left out", r->unusable, r->unusable == 1 ? "" : "s");
	losses_text(b, &r->losses, SHOWN);
}

static int recover(const char *in, const char *out, int fd, struct err *err)
{
	struct manifest *manifest = NULL;
	struct recovery r = { 0 };
	struct buf b = { 0 };
	char *const inputs[] = { (char *)in };
	int out_fd = -1, rc = -1;

	if (provenance_new("recover", inputs, 1, &manifest, err) == 0)
		out_fd = output_file_open(inputs, 1, out, err);
	if (out_fd >= 0)
		rc = trace_recover(fd, in, out_fd, output_file_name(out), manifest, &r, err);
	if (rc == 0) {
		put_report(&b, in, output_file_name(out), &r);
		if (b.failed)
			rc = err_set(err, ERR_NOMEM, "no memory for a report");
		else
			buf_write(&b, stderr);
	}
	buf_deinit(&b);
	manifest_free(manifest);
	recovery_deinit(&r);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	if (cli_next(c, err) < 0 || cli_operands(c, 2, 2, err) < 0 || cli_confine(c, err) < 0)
		return -1;
	int fd = open(c->argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "cannot open %s", c->argv[0]);
	int rc = recover(c->argv[0], c->argv[1], fd, err);

	close(fd);
	return rc;
}

const struct cli_command scap_cmd_recover = {
	.name = "recover",
	.operands = "IN OUT",
	.help = "Make a whole native trace of what is intact of a damaged one.",
	.details = "OUT has everything in front of the damage, and behind it everything that can "
		   "be read\n"
		   "without what is lost.  What is missing is told on standard error, in OUT as "
		   "losses and in\n"
		   "its manifest.  OUT may be \"-\" for standard output.  Of a damaged stock trace "
		   "scap convert\n"
		   "keeps what is in front of the damage.",
	.files = CLI_WRITES_LAST,
	.run = run,
};
