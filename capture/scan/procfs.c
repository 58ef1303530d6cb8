#define _GNU_SOURCE /* SYS_getdents64 */
#include "capture/scan/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	READ_BYTES = 4096,
	ONE_ENTRY_BYTES = 40, /* room for one entry of /proc with a number, and not for two */
};

static bool read_file(int dir, const char *name, size_t max, bool is_record, struct buf *b)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	buf_clear(b);
	if (fd < 0)
		return false;
	ssize_t n = 0;
	while (b->n < max) {
		size_t want = max - b->n < READ_BYTES ? max - b->n : READ_BYTES;

		if (!buf_reserve(b, want)) {
			errno = ENOMEM;
			n = -1;
			break;
		}
		do
			n = read(fd, b->p + b->n, want);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			break;
		b->n += (size_t)n;
		if (is_record && (size_t)n < want)
			break;
	}
	int saved = errno;
	close(fd);
	errno = saved;
	return n >= 0;
}

bool procfs_read(int dir, const char *name, size_t max, struct buf *b)
{
	return read_file(dir, name, max, false, b);
}

bool procfs_read_record(int dir, const char *name, size_t max, struct buf *b)
{
	return read_file(dir, name, max, true, b);
}

struct sv procfs_link(int dir, const char *name, char out[static PROC_PATH_MAX + 1])
{
	ssize_t n = readlinkat(dir, name, out, PROC_PATH_MAX);

	if (n < 0)
		return (struct sv){ 0 };
	out[n] = '\0';
	return (struct sv){ out, (size_t)n };
}

int procfs_open_dir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

DIR *procfs_list(int dir, const char *name)
{
	int fd = procfs_open_dir(dir, name);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool is_number(const char *text, int64_t *number)
{
	struct sv name = sv_of(text);
	size_t digits = 0;

	while (digits < name.n && name.p[digits] >= '0' && name.p[digits] <= '9')
		digits++;
	if (digits == 0 || digits != name.n || digits > 10)
		return false;
	*number = sv_signed(name);
	return true;
}

const char *procfs_next_number(DIR *d, int64_t *number)
{
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		if (is_number(e->d_name, number))
			return e->d_name;
	}
	return NULL;
}

void number_walk_init(struct number_walk *w, int dir)
{
	*w = (struct number_walk){ .dir = dir };
	lseek(dir, 0, SEEK_SET);
}

/* One entry if the kernel lets us, else as many as there is room for. */
static bool refill(struct number_walk *w)
{
	long n = syscall(SYS_getdents64, w->dir, w->entries, (size_t)ONE_ENTRY_BYTES);

	if (n < 0 && errno == EINVAL)
		n = syscall(SYS_getdents64, w->dir, w->entries, sizeof w->entries);
	w->n = n > 0 ? (size_t)n : 0;
	w->at = 0;
	return n > 0;
}

const char *number_walk_next(struct number_walk *w, int64_t *number)
{
	/* struct linux_dirent64: u64 inode, s64 position, u16 length of the entry, u8 type, name */
	enum { LENGTH_AT = 16, NAME_AT = 19 };

	while (w->at + NAME_AT < w->n || refill(w)) {
		const char *entry = w->entries + w->at;
		uint16_t length;

		memcpy(&length, entry + LENGTH_AT, sizeof length);
		w->at += length;
		if (is_number(entry + NAME_AT, number))
			return entry + NAME_AT;
	}
	return NULL;
}

bool sv_next_line(struct sv *rest, struct sv *line)
{
	if (rest->n == 0)
		return false;
	const char *end = memchr(rest->p, '\n', rest->n);
	size_t n = end ? (size_t)(end - rest->p) : rest->n;

	sv_take(rest, n, line);
	if (end) {
		rest->p++;
		rest->n--;
	}
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct sv sv_next_word(struct sv *rest)
{
	struct sv word;
	size_t n = 0;

	while (rest->n && is_blank(rest->p[0])) {
		rest->p++;
		rest->n--;
	}
	while (n < rest->n && !is_blank(rest->p[n]) && rest->p[n] != '\n')
		n++;
	sv_take(rest, n, &word);
	return word;
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

uint64_t sv_number(struct sv text, unsigned base)
{
	uint64_t v = 0;

	while (text.n && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	for (size_t i = 0; i < text.n && digit_of(text.p[i]) < base; i++)
		v = v * base + digit_of(text.p[i]);
	return v;
}

int64_t sv_signed(struct sv text)
{
	if (text.n && text.p[0] == '-')
		return -(int64_t)(sv_number((struct sv){ text.p + 1, text.n - 1 }, 10) & INT64_MAX);
	return (int64_t)sv_number(text, 10);
}

bool sv_value_of(struct sv line, struct sv name, struct sv *value)
{
	if (!sv_starts(line, name))
		return false;
	*value = (struct sv){ line.p + name.n, line.n - name.n };
	while (value->n && is_blank(value->p[0])) {
		value->p++;
		value->n--;
	}
	return true;
}
