/* scap sign: vouch for a native trace. */
#include "format/trace/verify.h"
#include "tools/scap/commands.h"
#include "tools/scap/key_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { KEY_KEY = 256 };

/* Only what is intact is worth a signature. */
static int verify(const char *path, struct trace_verdict *v, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, "cannot open %s", path);
	int rc = trace_verify(fd, path, v, err);

	close(fd);
	return rc;
}

static int run(struct cli *c, struct err *err)
{
	const char *key_path = NULL, *out = NULL;
	struct signing_key *key = NULL;
	struct buf text = { 0 }, path = { 0 };
	struct trace_verdict v;
	int option, rc = -1;

	while ((option = cli_next(c, err)) > 0) {
		if (option == KEY_KEY)
			key_path = c->value;
		else
			out = c->value;
	}
	if (option < 0 || cli_operands(c, 1, 1, err) < 0)
		return -1;
	if (!key_path)
		return err_set(err, ERR_USAGE, "which key? (--key)");
	buf_printf(&path, "%s.sig", c->argv[0]);
	if (!out)
		out = buf_cstr(&path);
	cli_allow(c, out, CONFINE_WRITE);
	if (key_file_private(key_path, &key, err) == 0 && cli_confine(c, err) == 0 &&
	    verify(c->argv[0], &v, err) == 0 && signature_make(key, &v, &text, err) == 0)
		rc = small_file_write(out, 0666, buf_sv(&text), err);
	if (rc == 0)
		printf("%s\n", out);
	signing_key_free(key);
	buf_deinit(&text);
	buf_deinit(&path);
	return rc;
}

static const struct cli_option options[] = {
	{ KEY_KEY, "key", "FILE", "the private key: PEM, Ed25519" },
	{ 's', "signature", "FILE", "the signature, a new file (default TRACE.sig)" },
};

const struct cli_command scap_cmd_sign = {
	.name = "sign",
	.operands = "TRACE",
	.help = "Sign a native trace.",
	.details = "The signature is a small text file beside the trace, which is verified first.  "
		   "Check it\n"
		   "with scap verify --key.",
	.options = options,
	.noptions = sizeof options / sizeof options[0],
	.files = CLI_READS,
	.run = run,
};
