#include "format/trace/manifest.h"

#include "format/base/utf8.h"

#include "format/trace/frame.h"
#include "format/trace/hash.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

enum { MAX_DEPTH = 16, LARGEST_EXACT_BITS = 53 };

struct manifest {
	cJSON *root;
	bool failed; /* something did not fit into memory */
};

void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	cJSON_Delete(m->root);
	free(m);
}

/* --- building --- */

struct manifest *manifest_new(struct sv writer)
{
	struct manifest *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	m->root = cJSON_CreateObject();
	if (!m->root) {
		free(m);
		return NULL;
	}
	manifest_text(m, NULL, "writer", writer);
	return m;
}

/* A JSON text of any bytes; NULL: no memory. */
static cJSON *text_of(struct sv value)
{
	struct buf clean = { 0 };
	cJSON *text;

	/* Nothing of JSON can hold a NUL that a C string would not end at. */
	utf8_put_clean(&clean, sv_upto_nul(value));
	text = clean.failed ? NULL : cJSON_CreateString(buf_cstr(&clean));
	buf_deinit(&clean);
	return text;
}

/* The member of `parent` called key; made by `make` if there is none. */
static cJSON *member(struct manifest *m, cJSON *parent, const char *key, cJSON *(*make)(void))
{
	cJSON *found = cJSON_GetObjectItemCaseSensitive(parent, key);

	if (found)
		return found;
	found = make();
	if (!found || !cJSON_AddItemToObject(parent, key, found)) {
		cJSON_Delete(found);
		m->failed = true;
		return NULL;
	}
	return found;
}

static cJSON *object_of(struct manifest *m, const char *object)
{
	return object ? member(m, m->root, object, cJSON_CreateObject) : m->root;
}

/* Takes value, also on failure. */
static void set(struct manifest *m, cJSON *parent, const char *key, cJSON *value)
{
	if (!parent || !value || !cJSON_AddItemToObject(parent, key, value)) {
		cJSON_Delete(value);
		m->failed = true;
	}
}

static void append(struct manifest *m, cJSON *array, cJSON *value)
{
	if (!array || !value || !cJSON_AddItemToArray(array, value)) {
		cJSON_Delete(value);
		m->failed = true;
	}
}

void manifest_text(struct manifest *m, const char *object, const char *key, struct sv value)
{
	if (m)
		set(m, object_of(m, object), key, text_of(value));
}

void manifest_number(struct manifest *m, const char *object, const char *key, uint64_t value)
{
	char digits[24];

	if (!m)
		return;
	if (value >> LARGEST_EXACT_BITS) {
		snprintf(digits, sizeof digits, "%" PRIu64, value);
		manifest_text(m, object, key, sv_of(digits));
		return;
	}
	set(m, object_of(m, object), key, cJSON_CreateNumber((double)value));
}

void manifest_time(struct manifest *m, const char *object, const char *key, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000u);
	char text[64], day[32];
	struct tm tm;

	if (!m)
		return;
	gmtime_r(&seconds, &tm);
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof text, "%s.%09uZ", day, (unsigned)(ns % 1000000000u));
	manifest_text(m, object, key, sv_of(text));
}

void manifest_item(struct manifest *m, const char *object, const char *key, struct sv value)
{
	if (!m)
		return;
	cJSON *parent = object_of(m, object);

	append(m, parent ? member(m, parent, key, cJSON_CreateArray) : NULL, text_of(value));
}

void manifest_option(struct manifest *m, struct sv word)
{
	manifest_item(m, NULL, "options", word);
}

void manifest_not_recorded(struct manifest *m, struct sv what)
{
	manifest_item(m, NULL, "not_recorded", what);
}

void manifest_source(struct manifest *m, struct sv name, uint64_t size, struct sv sha256,
		     const struct manifest *inner)
{
	cJSON *source = cJSON_CreateObject();

	if (!m || !source) {
		cJSON_Delete(source);
		if (m)
			m->failed = true;
		return;
	}
	set(m, source, "name", text_of(name));
	if (sha256.n) {
		set(m, source, "size", cJSON_CreateNumber((double)size));
		set(m, source, "sha256", text_of(sha256));
	}
	if (inner)
		set(m, source, "manifest", cJSON_Duplicate(inner->root, true));
	append(m, member(m, m->root, "source", cJSON_CreateArray), source);
}

/* The kernel's id of this boot. */
static void put_boot_id(struct manifest *m)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	char id[64] = "";

	if (f && fgets(id, sizeof id, f))
		manifest_text(m, NULL, "boot_id", (struct sv){ id, strcspn(id, "\n") });
	if (f)
		fclose(f);
}

void manifest_host(struct manifest *m, uint64_t begun_ns)
{
	struct utsname u;

	if (!m)
		return;
	if (uname(&u) == 0) {
		manifest_text(m, NULL, "host", sv_of(u.nodename));
		manifest_text(m, NULL, "kernel", sv_of(u.release));
		manifest_text(m, NULL, "kernel_version", sv_of(u.version));
		manifest_text(m, NULL, "machine", sv_of(u.machine));
	}
	put_boot_id(m);
	manifest_time(m, NULL, "begun", begun_ns);
}

int manifest_print(const struct manifest *m, struct buf *out, struct err *err)
{
	char *text = m && !m->failed ? cJSON_PrintUnformatted(m->root) : NULL;

	if (!text)
		return err_set(err, ERR_NOMEM, "no memory for a manifest");
	buf_puts(out, text);
	cJSON_free(text);
	return out->failed ? err_set(err, ERR_NOMEM, "no memory for a manifest") : 0;
}

/* --- reading --- */

int manifest_parse(struct sv json, struct manifest **out, struct err *err)
{
	struct manifest *m = calloc(1, sizeof *m);
	struct buf clean = { 0 };

	*out = NULL;
	if (!m)
		return err_set(err, ERR_NOMEM, "no memory for a manifest");
	if (json.n <= MANIFEST_MAX_BYTES) {
		utf8_put_clean(&clean, json);
		m->root = clean.failed ? NULL : cJSON_ParseWithLength(clean.p, clean.n);
	}
	buf_deinit(&clean);
	if (!cJSON_IsObject(m->root)) {
		manifest_free(m);
		return err_set(err, ERR_FORMAT, "the manifest is not a JSON object");
	}
	*out = m;
	return 0;
}

int manifest_read(const char *path, struct manifest **out, uint8_t sha256[static 32],
		  struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct hasher *hasher = hasher_new();
	struct frame_reader *frames = NULL;
	struct frame frame;
	int rc = -1;

	*out = NULL;
	if (fd < 0) {
		err_errno(err, "cannot open %s", path);
	} else if (frame_reader_open_file(fd, path, &frames, err) == 0 &&
		   frame_reader_next(frames, &frame, err) == NEXT_ITEM) {
		if (frame.kind != FRAME_MANIFEST)
			err_set(err, ERR_FORMAT, "%s: there is no manifest", path);
		else if (!hasher || !hasher_digest(hasher, &frame.payload, 1, sha256))
			err_set(err, ERR_IO, "%s: cannot hash", path);
		else
			rc = manifest_parse(frame.payload, out, err);
	}
	frame_reader_close(frames);
	hasher_free(hasher);
	return rc;
}

struct walk {
	void (*tell)(void *arg, struct sv name, struct sv value);
	void *arg;
	unsigned left; /* values that may still be told */
	struct buf name;
};

static void tell_value(struct walk *w, const cJSON *v)
{
	char number[32];
	struct sv text;

	if (w->left == 0)
		return;
	w->left--;
	if (cJSON_IsString(v)) {
		text = sv_of(v->valuestring);
	} else if (cJSON_IsNumber(v)) {
		snprintf(number, sizeof number, "%.15g", v->valuedouble);
		text = sv_of(number);
	} else {
		text = cJSON_IsTrue(v) ? SV("true") : cJSON_IsFalse(v) ? SV("false") : SV("null");
	}
	w->tell(w->arg, buf_sv(&w->name), text);
}

static void walk(struct walk *w, const cJSON *v, int depth)
{
	size_t at = w->name.n, i = 0;

	if (!cJSON_IsObject(v) && !cJSON_IsArray(v)) {
		tell_value(w, v);
		return;
	}
	if (depth == MAX_DEPTH)
		return;
	for (const cJSON *child = v->child; child && w->left; child = child->next, i++) {
		if (cJSON_IsArray(v))
			buf_printf(&w->name, "[%zu]", i);
		else
			buf_printf(&w->name, "%s%s", at ? "." : "", child->string);
		if (w->name.failed)
			return;
		walk(w, child, depth + 1);
		w->name.n = at;
	}
}

void manifest_each(const struct manifest *m,
		   void (*tell)(void *arg, struct sv name, struct sv value), void *arg)
{
	struct walk w = { .tell = tell, .arg = arg, .left = MANIFEST_SHOW };

	walk(&w, m->root, 0);
	buf_deinit(&w.name);
}
