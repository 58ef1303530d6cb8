/* The host itself: machine, interfaces, users and groups. */
#define _GNU_SOURCE
#include "capture/scan/scanner.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	STAT_MAX = 1 << 20,
	USERS_FILE_MAX = 16 << 20,
	USER_TEXT_MAX = 255, /* what readers of stock traces take */
};

static const uint64_t second_ns = 1000000000;

/* --- machine --- */

static uint64_t boot_time_ns(struct scanner *s)
{
	struct sv line, value;

	if (!procfs_read(s->proc, "stat", STAT_MAX, &s->scratch))
		return 0;
	for (struct sv rest = buf_sv(&s->scratch); sv_next_line(&rest, &line);) {
		if (sv_value_of(line, SV("btime "), &value))
			return sv_number(value, 10) * second_ns;
	}
	return 0;
}

/* Bytes of memory as sysconf tells them, from the file of another host's /proc. */
static uint64_t memory_bytes(struct scanner *s)
{
	struct sv line, value;

	if (!s->root[0])
		return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	if (!procfs_read(s->proc, "meminfo", STAT_MAX, &s->scratch))
		return 0;
	for (struct sv rest = buf_sv(&s->scratch); sv_next_line(&rest, &line);) {
		if (sv_value_of(line, SV("MemTotal:"), &value))
			return sv_number(value, 10) * 1024;
	}
	return 0;
}

static struct sv host_name(struct scanner *s, char *out, size_t room)
{
	out[0] = '\0';
	if (!s->root[0]) {
		if (gethostname(out, room) < 0)
			out[0] = '\0';
		out[room - 1] = '\0';
	} else if (procfs_read(s->proc, "sys/kernel/hostname", room - 1, &s->scratch)) {
		struct sv rest = buf_sv(&s->scratch), line = { 0 };

		sv_next_line(&rest, &line);
		memcpy(out, line.p ? line.p : "", line.n);
		out[line.n] = '\0';
	}
	return sv_of(out);
}

int scan_machine(struct scanner *s, struct err *err)
{
	char name[128];

	s->boot_ts_ns = boot_time_ns(s);
	struct record rec = {
		.kind = RECORD_MACHINE,
		.machine = {
			.num_cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
			.memory_bytes = memory_bytes(s),
			.hostname = host_name(s, name, sizeof name),
			.boot_ts_ns = s->boot_ts_ns,
		},
	};
	return s->put(s->arg, &rec, err);
}

/* --- interfaces --- */

static struct ip address_of(const struct sockaddr *a)
{
	if (!a)
		return (struct ip){ 0 };
	if (a->sa_family == AF_INET)
		return ip_from(&((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
	if (a->sa_family == AF_INET6)
		return ip_from(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
	return (struct ip){ 0 };
}

static struct ip sized(struct ip a, uint8_t len)
{
	return a.len == len ? a : (struct ip){ .len = len };
}

static int put_interfaces(struct scanner *s, const struct ifaddrs *list, uint8_t len,
			  struct err *err)
{
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct ip addr = address_of(i->ifa_addr);

		if (addr.len != len)
			continue;
		struct record rec = {
			.kind = RECORD_IFACE,
			.iface = {
				.addr = addr,
				.netmask = sized(address_of(i->ifa_netmask), len),
				.broadcast = sized(address_of(i->ifa_broadaddr), len),
				.has_linkspeed = true,
				.name = sv_of(i->ifa_name),
			},
		};
		if (s->put(s->arg, &rec, err) < 0)
			return -1;
	}
	return 0;
}

int scan_interfaces(struct scanner *s, struct err *err)
{
	struct record begin = { .kind = RECORD_IFACES_BEGIN };
	struct ifaddrs *list = NULL;

	if (s->put(s->arg, &begin, err) < 0)
		return -1;
	/* Another host's are not in its files. */
	if (s->root[0] || getifaddrs(&list) < 0)
		return 0;
	int rc = put_interfaces(s, list, 4, err);
	if (rc == 0)
		rc = put_interfaces(s, list, 16, err);
	freeifaddrs(list);
	return rc;
}

/* --- users and groups --- */

enum { USER_FIELDS = 7 };

/* "name:x:uid:gid:comment:home:shell"; the number of fields found. */
static size_t split(struct sv line, struct sv fields[static USER_FIELDS])
{
	size_t n = 0;

	for (size_t i = 0; i < USER_FIELDS; i++)
		fields[i] = (struct sv){ 0 };
	while (n < USER_FIELDS) {
		const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;

		sv_take(&line, colon ? (size_t)(colon - line.p) : line.n, &fields[n]);
		if (fields[n].n > USER_TEXT_MAX)
			fields[n].n = USER_TEXT_MAX;
		n++;
		if (!colon)
			break;
		sv_take(&line, 1, &(struct sv){ 0 });
	}
	return n;
}

static bool is_number(struct sv text)
{
	return text.n && text.p[0] >= '0' && text.p[0] <= '9';
}

static bool user_of(const struct sv *fields, size_t n, struct record *rec)
{
	if (n < 4 || !is_number(fields[2]) || !is_number(fields[3]))
		return false;
	*rec = (struct record){
		.kind = RECORD_USER,
		.user = {
			.uid = (uint32_t)sv_number(fields[2], 10),
			.gid = (uint32_t)sv_number(fields[3], 10),
			.name = fields[0],
			.homedir = fields[5],
			.shell = fields[6],
		},
	};
	return true;
}

static bool group_of(const struct sv *fields, size_t n, struct record *rec)
{
	if (n < 3 || !is_number(fields[2]))
		return false;
	*rec = (struct record){
		.kind = RECORD_GROUP,
		.group = { .gid = (uint32_t)sv_number(fields[2], 10), .name = fields[0] },
	};
	return true;
}

static int put_lines(struct scanner *s, const char *file,
		     bool (*read)(const struct sv *, size_t, struct record *), struct err *err)
{
	struct sv fields[USER_FIELDS], line;
	struct buf path = { 0 };

	buf_printf(&path, "%s/etc/%s", s->root, file);
	bool found = procfs_read(AT_FDCWD, buf_cstr(&path), USERS_FILE_MAX, &s->scratch);
	buf_deinit(&path);
	if (!found)
		return 0;
	for (struct sv rest = buf_sv(&s->scratch); sv_next_line(&rest, &line);) {
		struct record rec;

		/* "+", "-" and "#": NIS and comments, no users */
		if (line.n == 0 || memchr("+-#:", line.p[0], 4))
			continue;
		if (read(fields, split(line, fields), &rec) && s->put(s->arg, &rec, err) < 0)
			return -1;
	}
	return 0;
}

int scan_users(struct scanner *s, struct err *err)
{
	struct record begin = { .kind = RECORD_USERS_BEGIN };

	if (s->put(s->arg, &begin, err) < 0 || put_lines(s, "passwd", user_of, err) < 0)
		return -1;
	return put_lines(s, "group", group_of, err);
}
