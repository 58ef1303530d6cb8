/* scap keygen: a key pair to sign traces with. */
#include "tools/scap/commands.h"
#include "tools/scap/key_files.h"

#include <stdio.h>
#include <unistd.h>

static int run(struct cli *c, struct err *err)
{
	struct buf private = { 0 }, public = { 0 }, path = { 0 };
	int rc = -1;

	if (cli_next(c, err) < 0 || cli_operands(c, 1, 1, err) < 0)
		return -1;
	buf_printf(&path, "%s.pub", c->argv[0]);
	if (signing_key_generate(&private, &public, err) == 0 &&
	    small_file_write(c->argv[0], 0600, buf_sv(&private), err) == 0) {
		rc = small_file_write(buf_cstr(&path), 0644, buf_sv(&public), err);
		if (rc < 0)
			unlink(c->argv[0]); /* a half is of no use */
	}
	if (rc == 0)
		printf("private key %s\npublic key  %s\n", c->argv[0], buf_cstr(&path));
	signing_secret_deinit(&private);
	buf_deinit(&public);
	buf_deinit(&path);
	return rc;
}

const struct cli_command scap_cmd_keygen = {
	.name = "keygen",
	.operands = "KEY",
	.help = "Make a key to sign traces with.",
	.details = "Writes an Ed25519 key to KEY and its public half to KEY.pub, both PEM as "
		   "openssl pkey\n"
		   "makes and reads them, over no file that is there.  KEY has no passphrase: keep "
		   "it off the\n"
		   "host that is recorded.",
	.files = CLI_UNCONFINED,
	.run = run,
};
