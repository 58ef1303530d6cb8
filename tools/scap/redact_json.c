#include "tools/scap/redact_json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* Members of {"container": {...}} by kind; lists and objects are redacted in all their texts. */
static const struct {
	const char *name;
	enum redact_kind kind;
} members[] = {
	{ "env", REDACT_ENV },
	{ "User", REDACT_USERS },
	{ "Mounts", REDACT_PATHS },
};

/* How a mount is mounted is no path. */
static bool is_plain(const cJSON *item)
{
	return item->string &&
	       (strcmp(item->string, "Mode") == 0 || strcmp(item->string, "Propagation") == 0);
}

static bool redact_item(struct redactor *r, enum redact_kind kind, cJSON *item)
{
	if (cJSON_IsString(item)) {
		struct buf outer = r->bytes;

		r->bytes = (struct buf){ 0 };
		redact_value(r, kind, sv_of(item->valuestring));
		const char *text = buf_cstr(&r->bytes);
		bool ok = !r->bytes.failed && cJSON_SetValuestring(item, text) != NULL;

		buf_deinit(&r->bytes);
		r->bytes = outer;
		return ok;
	}
	for (cJSON *i = item->child; i; i = i->next) {
		if (!is_plain(i) && !redact_item(r, kind, i))
			return false;
	}
	return true;
}

static bool redact_members(struct redactor *r, cJSON *container)
{
	for (cJSON *i = container->child; i; i = i->next) {
		for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
			if (i->string && r->wanted[members[m].kind] &&
			    strcmp(i->string, members[m].name) == 0 &&
			    !redact_item(r, members[m].kind, i))
				return false;
		}
	}
	return true;
}

int redact_json(struct redactor *r, struct sv json, struct err *err)
{
	struct sv text = sv_upto_nul(json);
	cJSON *root = cJSON_ParseWithLength(text.p, text.n);
	cJSON *container = root ? cJSON_GetObjectItemCaseSensitive(root, "container") : NULL;
	char *printed = NULL;
	int rc = 0;

	if (container && redact_members(r, container))
		printed = cJSON_PrintUnformatted(root);
	if (container && !printed)
		rc = err_set(err, ERR_NOMEM, "no memory for a container's description");
	if (printed) {
		buf_puts(&r->bytes, printed);
		buf_putc(&r->bytes, '\0');
		rc = 1;
	}
	cJSON_free(printed);
	cJSON_Delete(root);
	return rc;
}
