#include "tools/scap/provenance.h"

#include "replay/digest.h"

#include <stdlib.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int add_input(struct manifest *m, const char *path, struct err *err)
{
	struct manifest *inner = NULL;
	struct err why = { 0 };
	struct digest digest;
	uint8_t hash[32];
	uint64_t size;

	if (strcmp(path, "-") == 0) {
		manifest_source(m, SV("standard input"), 0, (struct sv){ 0 }, NULL);
		return 0;
	}
	if (digest_file(path, &digest, &size, err) < 0)
		return -1;
	/* Stock traces have none, and a damaged one is only a reason to leave it out. */
	manifest_read(path, &inner, hash, &why);
	manifest_source(m, sv_of(base_name(path)), size, sv_of(digest.hex), inner);
	manifest_free(inner);
	return 0;
}

int provenance_new(const char *command, char *const *inputs, int n, struct manifest **out,
		   struct err *err)
{
	char writer[64];

	snprintf(writer, sizeof writer, "scap %s %s", command, SAKER_VERSION);
	*out = manifest_new(sv_of(writer));
	if (!*out)
		return err_set(err, ERR_NOMEM, "no memory for a manifest");
	for (int i = 0; i < n; i++) {
		if (add_input(*out, inputs[i], err) < 0) {
			manifest_free(*out);
			*out = NULL;
			return -1;
		}
	}
	return 0;
}
