/* A host made of files: what the scan makes of each of them. */
#define _GNU_SOURCE
#include "format/tests/test.h"

#include "capture/tests/told.h"
#include "capture/tests/tree.h"

#define STATUS                                                                                     \
	"Name:\tworker\nState:\tS (sleeping)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n"                    \
	"Uid:\t1000\t1001\t1000\t1000\nGid:\t100\t101\t100\t100\n"                                 \
	"NStgid:\t%d\t7\nNSpid:\t%d\t8\nNSpgid:\t%d\t9\nNSsid:\t5\t1\n"                            \
	"VmSize:\t    5300 kB\nVmRSS:\t    4272 kB\nVmSwap:\t      12 kB\nThreads:\t2\n"           \
	"CapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000400\n"

static void put_status(struct tree *t, const char *name, int pid, int tid)
{
	char text[2048];

	snprintf(text, sizeof text, STATUS, pid, tid, 77, pid, tid, 90);
	tree_file(t, name, text);
}

static void put_host(struct tree *t)
{
	tree_file(t, "/proc/stat", "cpu 1 2 3\nbtime 1700000000\n");
	tree_file(t, "/proc/meminfo", "MemTotal:       1024 kB\n");
	tree_file(t, "/proc/sys/kernel/hostname", "incident\n");
	tree_file(t, "/proc/1/mounts",
		  "proc /proc proc rw 0 0\n"
		  "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
	tree_file(t, "/sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
	tree_file(t, "/sys/fs/cgroup/a.slice/cgroup.controllers", "memory pids\n");
	tree_file(t, "/sys/fs/cgroup/a.slice/b.scope/cgroup.controllers", "pids\n");
	tree_file(t, "/etc/passwd",
		  "root:x:0:0:root:/root:/bin/bash\n# "
		  "none\n+nis\nbroken:x\nwww:x:33:34::/var/www:\n");
	tree_file(t, "/etc/group", "root:x:0:\nwww:x:34:www\n");
}

static void put_process(struct tree *t)
{
	put_status(t, "/proc/100/status", 100, 100);
	tree_file(t, "/proc/100/stat",
		  "100 (a) b) S 77 90 5 34816 -1 4194304 99 0 6 0 0 0 0 0 20 0 2 0 250 1 2 3\n");
	tree_bytes(t, "/proc/100/cmdline", "./worker\0--all\0\0x y", 20);
	tree_bytes(t, "/proc/100/environ", "A=1\0B=2", 8);
	tree_file(t, "/proc/100/comm", "a) b\n");
	tree_file(t, "/proc/100/cgroup",
		  "2:cpu,cpuacct:/old\n1:name=systemd:/sd\n0::/a.slice/b.scope\n");
	tree_file(t, "/proc/100/loginuid", "1000");
	tree_file(t, "/opt/worker", "#!");
	tree_link(t, "/proc/100/exe", "../../opt/worker");
	tree_link(t, "/proc/100/cwd", "/srv/data");
	tree_link(t, "/proc/100/root", "/");
	tree_link(t, "/proc/100/ns/net", "net:[42]");
	tree_link(t, "/proc/100/ns/pid", "pid:[43]");
	put_status(t, "/proc/100/task/100/status", 100, 100);
	put_status(t, "/proc/100/task/102/status", 100, 102);
	tree_file(t, "/proc/100/task/102/stat",
		  "102 (odd\\nname) S 77 90 5 0 -1 64 3 0 1 0 0 0 0 0 20 0 2 0 251 1 2 3\n");
	tree_file(t, "/proc/100/task/102/comm", "odd\nname\n");
	tree_file(t, "/proc/100/task/102/cgroup", "2:cpu,cpuacct:/old\n");
}

static void put_fds(struct tree *t)
{
	char here[128];

	tree_file(t, "/data/file", "x");
	snprintf(here, sizeof here, "%s/data/file", t->root);
	tree_link(t, "/proc/100/fd/0", here);
	tree_file(t, "/proc/100/fdinfo/0", "pos:\t0\nflags:\t02102001\nmnt_id:\t25\nino:\t7\n");
	tree_file(t, "/proc/100/mountinfo",
		  "25 1 253:259 / / rw,noatime shared:1 - ext4 /dev/vda1 rw\n");
	tree_file(t, "/proc/100/fdinfo/2", "pos:\t0\nflags:\t02004001\nmnt_id:\t14\n");
	snprintf(here, sizeof here, "%s/data", t->root);
	tree_link(t, "/proc/100/fd/1", here);
	tree_link(t, "/proc/100/fd/2", "pipe:[4711]");
	tree_link(t, "/proc/100/fd/3", "socket:[501]");
	tree_link(t, "/proc/100/fd/4", "socket:[502]");
	tree_link(t, "/proc/100/fd/5", "socket:[503]");
	tree_link(t, "/proc/100/fd/6", "socket:[504]");
	tree_link(t, "/proc/100/fd/7", "socket:[505]");
	tree_link(t, "/proc/100/fd/8", "socket:[999]");
	tree_file(
		t, "/proc/100/net/tcp",
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid\n"
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		"501 1\n"
		"   1: 0200000A:C350 08080808:0035 01 00000000:00000000 00:00000000 00000000 0 0 "
		"502 1\n");
	tree_file(t, "/proc/100/net/udp6",
		  "  sl  local_address remote_address st\n"
		  "  12: 00000000000000000000000001000000:0202 "
		  "000080FE00000000FF0BF001FE02FC00:0035 01 "
		  "00000000:00000000 00:00000000 00000000 0 0 503 2 0 0\n");
	tree_file(t, "/proc/100/net/unix",
		  "Num       RefCount Protocol Flags    Type St Inode Path\n"
		  "ffff8881234567f0: 00000002 00000000 00010000 0001 01 504 /run/a b\n");
	tree_file(t, "/proc/100/net/netlink",
		  "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops "
		  "   Inode\n"
		  "ffff888100000000 0   1          00000000 0        0        0     2        0     "
		  "   505\n");
}

struct host {
	struct tree tree;
	struct told told;
	struct scan_stats stats;
};

static void scan(struct host *h)
{
	struct scan_options opt = { .root = h->tree.root };
	struct err err = { 0 };

	told_deinit(&h->told);
	if (scan_host(&opt, told_put, &h->told, &h->stats, &err) < 0)
		fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
	struct host *h = calloc(1, sizeof *h);

	tree_init(&h->tree);
	put_host(&h->tree);
	put_process(&h->tree);
	put_fds(&h->tree);
	scan(h);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct host *h = *state;

	told_deinit(&h->told);
	tree_deinit(&h->tree);
	free(h);
	return 0;
}

static void records_come_in_the_order_of_a_section(void **state)
{
	const struct host *h = *state;
	static const enum record_kind order[] = {
		RECORD_SECTION,     RECORD_MACHINE, RECORD_IFACES_BEGIN,
		RECORD_USERS_BEGIN, RECORD_USER,    RECORD_USER,
		RECORD_GROUP,       RECORD_GROUP,   RECORD_PROC,
		RECORD_PROC,        RECORD_FD
	};

	assert_true(h->told.n >= sizeof order / sizeof *order);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		assert_int_equal(h->told.records[i].kind, order[i]);
}

static void the_machine_is_told(void **state)
{
	const struct host *h = *state;
	const struct machine_info *m = &told_nth(&h->told, RECORD_MACHINE, 0)->machine;

	assert_sv(m->hostname, "incident");
	assert_int_equal(m->memory_bytes, 1024 * 1024);
	assert_int_equal(m->boot_ts_ns, 1700000000000000000);
}

static void users_and_groups_come_from_the_files(void **state)
{
	const struct host *h = *state;
	const struct user_entry *u = &told_nth(&h->told, RECORD_USER, 1)->user;
	const struct group_entry *g = &told_nth(&h->told, RECORD_GROUP, 1)->group;

	assert_sv(u->name, "www");
	assert_int_equal(u->uid, 33);
	assert_int_equal(u->gid, 34);
	assert_sv(u->homedir, "/var/www");
	assert_sv(u->shell, "");
	assert_int_equal(g->gid, 34);
	assert_null(told_nth(&h->told, RECORD_USER, 2));
}

static void a_process_is_read_from_its_files(void **state)
{
	const struct host *h = *state;
	const struct proc_entry *p = told_proc(&h->told, 100);

	assert_non_null(p);
	assert_int_equal(p->pid, 100);
	assert_int_equal(p->ptid, 77);
	assert_int_equal(p->pgid, 90);
	assert_int_equal(p->sid, 5);
	assert_int_equal(p->vpid, 7);
	assert_int_equal(p->vtid, 8);
	assert_int_equal(p->vpgid, 9);
	assert_int_equal(p->uid, 1001); /* the effective ones */
	assert_int_equal(p->gid, 101);
	assert_int_equal(p->tty, 34816);
	assert_int_equal(p->pfminor, 99);
	assert_int_equal(p->pfmajor, 6);
	assert_int_equal(p->vmsize_kb, 5300);
	assert_int_equal(p->vmrss_kb, 4272);
	assert_int_equal(p->vmswap_kb, 12);
	assert_int_equal(p->cap_inheritable, 1);
	assert_int_equal(p->cap_permitted, 0x1ffffffffff);
	assert_int_equal(p->cap_effective, 0x400);
	assert_int_equal(p->loginuid, 1000);
	assert_int_equal(p->flags, 0);
	assert_sv(p->comm, "a) b");
	assert_sv(p->exe, "./worker");
	assert_sv(p->args, "--all\0\0x y\0");
	assert_sv(p->env, "A=1\0B=2\0");
	assert_sv(p->cwd, "/srv/data");
	assert_sv(p->root, "/");
	assert_int_not_equal(p->exe_ino, 0);
	assert_false(p->exe_from_memfd);
}

static void v2_controllers_are_told_with_the_group_that_has_them(void **state)
{
	const struct host *h = *state;

	assert_sv(told_proc(&h->told, 100)->cgroups,
		  "cpu=/old\0cpuacct=/old\0name=systemd=/sd\0"
		  "pids=/a.slice/b.scope\0memory=/a.slice\0cpu=/\0");
}

static void a_thread_has_its_own_name_and_its_leaders_paths(void **state)
{
	const struct host *h = *state;
	const struct proc_entry *t = told_proc(&h->told, 102);

	assert_non_null(t);
	assert_int_equal(t->pid, 100);
	assert_int_equal(t->vtid, 8);
	assert_int_equal(t->flags, 1 << 0 | 1 << 13);
	assert_sv(t->comm, "odd\nname");
	assert_sv(t->exe, "./worker");
	assert_sv(t->cgroups, "cpu=/old\0cpuacct=/old\0");
	assert_int_equal(t->pfminor, 3);
}

static void a_file_is_told_with_flags_and_device(void **state)
{
	const struct host *h = *state;
	const struct fd_entry *fd = told_fd(&h->told, 100, 0);

	assert_int_equal(fd->type, FD_FILE_V2);
	/* O_WRONLY O_APPEND O_CLOEXEC; O_LARGEFILE, which the kernel adds, is not told */
	assert_int_equal(fd->open_flags, 2 | 1 << 3 | 1 << 12);
	assert_int_equal(fd->dev, 0x10fd03);
	assert_true(sv_ends(fd->name, SV("/data/file")));
	assert_int_equal(told_fd(&h->told, 100, 1)->type, FD_DIRECTORY);
	assert_int_equal(told_fd(&h->told, 100, 2)->open_flags,
			 1 << 12); /* of no file: this alone */
	assert_int_equal(told_fd(&h->told, 100, 2)->type, FD_FIFO);
	assert_int_equal(told_fd(&h->told, 100, 2)->ino, 4711);
	assert_sv(told_fd(&h->told, 100, 2)->name, "pipe:[4711]");
}

static void sockets_are_found_in_the_tables_of_the_namespace(void **state)
{
	const struct host *h = *state;
	const struct fd_entry *fd = told_fd(&h->told, 100, 3);

	assert_int_equal(fd->type, FD_IPV4_SERVSOCK);
	assert_memory_equal(fd->sip.b, "\x7f\0\0\1", 4);
	assert_int_equal(fd->sport, 8080);
	assert_int_equal(fd->l4, L4_TCP);
	fd = told_fd(&h->told, 100, 4);
	assert_int_equal(fd->type, FD_IPV4_SOCK);
	assert_memory_equal(fd->sip.b, "\x0a\0\0\2", 4);
	assert_memory_equal(fd->dip.b, "\x08\x08\x08\x08", 4);
	assert_int_equal(fd->sport, 50000);
	assert_int_equal(fd->dport, 53);
	fd = told_fd(&h->told, 100, 5);
	assert_int_equal(fd->type, FD_IPV6_SOCK);
	assert_memory_equal(fd->sip.b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_memory_equal(fd->dip.b, "\xfe\x80\0\0\0\0\0\0\x01\xf0\x0b\xff\0\xfc\x02\xfe", 16);
	assert_int_equal(fd->l4, L4_UDP);
	fd = told_fd(&h->told, 100, 6);
	assert_int_equal(fd->type, FD_UNIX_SOCK);
	assert_sv(fd->name, "/run/a b");
	assert_int_equal(fd->unix_source, 0xffff8881234567f0);
	assert_int_equal(told_fd(&h->told, 100, 7)->type, FD_NETLINK);
	assert_null(told_fd(&h->told, 100, 8));
	assert_int_equal(h->stats.sockets_unknown, 1);
}

static void kernel_threads_and_zombies_are_left_out(void **state)
{
	struct host *h = *state;

	tree_file(&h->tree, "/proc/2/status", "Name:\tkthreadd\nTgid:\t2\nPid:\t2\nPPid:\t0\n");
	tree_file(&h->tree, "/proc/2/stat",
		  "2 (kthreadd) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n");
	scan(h);
	assert_null(told_proc(&h->told, 2));
	assert_non_null(told_proc(&h->told, 100));
}

static void nonsense_in_the_files_does_no_harm(void **state)
{
	struct host *h = *state;
	static const char *const files[] = { "status",  "stat",     "cmdline",  "environ",
					     "comm",    "cgroup",   "loginuid", "mountinfo",
					     "net/tcp", "net/udp",  "net/unix", "net/netlink",
					     "net/raw", "net/tcp6", "fdinfo/0", "fd/9" };
	static const char *const texts[] = {
		"",
		"\n",
		":",
		"::::",
		"   ",
		")",
		"(",
		"0: :",
		"ffff:",
		"\\\\\\",
		"Tgid:",
		"Tgid:\t100",
		"Tgid:\t100\nVmSize:\t1\n",
		"99999999999999999999999999999999",
		"0::",
		"1:a",
		"0::/..//",
		"25 1 1:1 / / rw - overlay x upperdir=\\04,\\",
		"1: 0100007F:1F90 0",
	};

	enum { FILES = sizeof files / sizeof *files, TEXTS = sizeof texts / sizeof *texts };

	/* Every file has every text once; first with the two files whole that make it a process. */
	for (size_t round = 0; round < 2 * TEXTS; round++) {
		for (size_t i = round < TEXTS ? 2 : 0; i < FILES; i++) {
			char name[64];

			snprintf(name, sizeof name, "/proc/100/%s", files[i]);
			tree_file(&h->tree, name, texts[(round + i) % TEXTS]);
		}
		scan(h);
	}
	tree_file(&h->tree, "/etc/passwd", ":::::::\n:\nx:y:z:w\n\n");
	tree_file(&h->tree, "/proc/stat", "btime");
	scan(h);
	assert_null(told_nth(&h->told, RECORD_USER, 0));
}

static void without_proc_the_scan_says_so(void **state)
{
	struct scan_options opt = { .root = "/nowhere" };
	struct told told = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(scan_host(&opt, told_put, &told, NULL, &err), -1);
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, "/nowhere/proc"));
	told_deinit(&told);
}

#define ON_A_HOST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_HOST(records_come_in_the_order_of_a_section),
		ON_A_HOST(the_machine_is_told),
		ON_A_HOST(users_and_groups_come_from_the_files),
		ON_A_HOST(a_process_is_read_from_its_files),
		ON_A_HOST(v2_controllers_are_told_with_the_group_that_has_them),
		ON_A_HOST(a_thread_has_its_own_name_and_its_leaders_paths),
		ON_A_HOST(a_file_is_told_with_flags_and_device),
		ON_A_HOST(sockets_are_found_in_the_tables_of_the_namespace),
		ON_A_HOST(kernel_threads_and_zombies_are_left_out),
		ON_A_HOST(nonsense_in_the_files_does_no_harm),
		cmocka_unit_test(without_proc_the_scan_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
