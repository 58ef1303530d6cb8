#include "engine/tests/scene.h"

/* init(1) <- sshd(10) <- bash(20) <- vim(30), and a second thread 31 of vim. */
static void family(struct scene *s)
{
	struct proc_entry p;

	scene_open(s);
	scene_add(s, scene_process(1, 0, "init"));
	p = scene_process(10, 1, "sshd");
	p.args = SV("-D\0");
	scene_add(s, p);
	p = scene_process(20, 10, "bash");
	p.exe = SV("-bash");
	p.args = SV("-l\0");
	p.env = SV("HOME=/root\0EMPTY=\0SPACED=  x y  \0");
	p.sid = 20;
	scene_add(s, p);
	p = scene_process(30, 20, "vim");
	p.args = SV("-R\0\0a b\0");
	p.env = SV("TERM=vt100\0");
	p.cgroups = SV("cpuset=/a\0memory=/m=x\0");
	p.cap_effective = 1 | 1ull << 21;
	p.vpgid = 10;
	p.sid = 20;
	scene_add(s, p);
	p = scene_process(31, 20, "worker");
	p.pid = 30;
	p.flags = CL_CLONE_THREAD | CL_CLONE_FILES;
	scene_add(s, p);
	event_begin(s, EV_SYSCALL_SETSID_X, 30);
	put_i(s, -1);
	event_end(s);
}

static void a_process_shows_its_command(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	assert_seen(&s, "proc.name", "vim");
	assert_seen(&s, "proc.args", "-R  a b");
	assert_seen(&s, "proc.args[1]", "");
	assert_seen(&s, "proc.args[2]", "a b");
	assert_seen(&s, "proc.args[3]", "");
	assert_seen(&s, "proc.cmdline", "vim -R  a b");
	assert_seen(&s, "proc.exeline", "vim -R  a b");
	assert_seen(&s, "proc.cmdnargs", "3");
	assert_seen(&s, "proc.cmdlenargs", "5");
	assert_seen(&s, "proc.exepath", "/usr/bin/thing");
	assert_seen(&s, "proc.cwd", "/home/me/");
	assert_seen(&s, "proc.tty", "0");
	scene_close(&s);
}

static void without_arguments_only_exeline_keeps_a_blank(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_add(&s, scene_process(5, 1, "top"));
	event_begin(&s, EV_SYSCALL_SETSID_X, 5);
	put_i(&s, -1);
	event_end(&s);
	assert_seen(&s, "proc.cmdline", "top");
	assert_seen(&s, "proc.exeline", "top ");
	assert_seen(&s, "proc.args", "");
	assert_seen(&s, "proc.cmdnargs", "0");
	assert_seen(&s, "proc.pname", "(missing)");
	assert_seen(&s, "proc.aname", "(missing)");
	scene_close(&s);
}

static void ancestors_are_counted_from_the_process_itself(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	assert_seen(&s, "proc.aname[0]", "vim");
	assert_seen(&s, "proc.aname[1]", "bash");
	assert_seen(&s, "proc.aname[3]", "init");
	assert_seen(&s, "proc.aname[4]", "(missing)");
	assert_seen(&s, "proc.aname[-2]", "(missing)");
	assert_seen(&s, "proc.aname", "bash sshd init");
	assert_seen(&s, "proc.acmdline", "bash -l sshd -D init");
	assert_seen(&s, "proc.aargs", "-l -D ");
	assert_seen(&s, "proc.aargs[1]", "-l");
	assert_seen(&s, "proc.apid", "30");
	assert_seen(&s, "proc.apid[2]", "10");
	assert_seen(&s, "proc.pname", "bash");
	assert_seen(&s, "proc.pexe", "-bash");
	assert_seen(&s, "proc.pcmdline", "bash -l");
	assert_seen(&s, "proc.ppid", "20");
	assert_seen(&s, "proc.loginshellid", "20");
	scene_close(&s);
}

static void comparing_ancestors_tries_each_nearest_first(void **state)
{
	struct scene s;
	const struct value *items;
	size_t n;

	(void)state;
	family(&s);

	struct field_ref name = scene_ref(&s, "proc.aname"), pid = scene_ref(&s, "proc.apid");

	assert_true(field_candidates(&name, &s.ctx, &items, &n));
	assert_int_equal(n, 3);
	assert_sv(items[0].s, "bash");
	assert_sv(items[2].s, "init");
	assert_true(field_candidates(&pid, &s.ctx, &items, &n));
	assert_int_equal(items[1].i, 10);
	scene_close(&s);
}

static void a_loop_of_parents_ends(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	scene_add(&s, scene_process(5, 6, "a"));
	scene_add(&s, scene_process(6, 7, "b"));
	scene_add(&s, scene_process(7, 5, "c"));
	event_begin(&s, EV_SYSCALL_SETSID_X, 5);
	put_i(&s, -1);
	event_end(&s);
	assert_true(strlen(seen(&s, "proc.aname")) < 10);
	assert_seen(&s, "proc.aname[262145]", "(missing)");
	seen(&s, "proc.loginshellid");
	seen(&s, "proc.sname");
	seen(&s, "proc.aenv[X]");
	scene_close(&s);
}

static void a_variable_is_trimmed_and_never_missing(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	assert_seen(&s, "proc.env", "TERM=vt100");
	assert_seen(&s, "proc.env[TERM]", "vt100");
	assert_seen(&s, "proc.env[TER]", "");
	assert_seen(&s, "proc.env[5]", "TERM=vt100");
	assert_seen(&s, "proc.aenv[HOME]", "/root");
	assert_seen(&s, "proc.aenv[SPACED]", "x y");
	assert_seen(&s, "proc.aenv[EMPTY]", "");
	assert_seen(&s, "proc.aenv[1]", "HOME=/root EMPTY= SPACED=  x y  ");
	assert_seen(&s, "proc.aenv[9]", "(missing)");
	assert_seen(&s, "proc.aenv", "TERM=vt100");
	scene_close(&s);
}

static void a_thread_uses_what_its_leader_has(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	event_begin(&s, EV_SYSCALL_SETSID_X, 31);
	put_i(&s, -1);
	event_end(&s);
	assert_seen(&s, "proc.name", "worker");
	assert_seen(&s, "proc.pid", "30");
	assert_seen(&s, "thread.tid", "31");
	assert_seen(&s, "thread.ismain", "false");
	assert_seen(&s, "proc.env[TERM]", "vt100");
	assert_seen(&s, "proc.cwd", "/home/me/");
	assert_seen(&s, "proc.aname[0]", "vim");
	assert_seen(&s, "proc.pname", "bash");
	assert_seen(&s, "proc.nthreads", "2");
	assert_seen(&s, "proc.nchilds", "1");
	assert_seen(&s, "thread.nametid", "worker31");
	scene_close(&s);
}

static void a_session_has_a_leader(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	assert_seen(&s, "proc.sid", "20");
	assert_seen(&s, "proc.sname", "bash");
	assert_seen(&s, "proc.sid.exe", "-bash");
	assert_seen(&s, "proc.vpgid.name", "sshd");
	assert_seen(&s, "proc.is_sid_leader", "false");
	assert_seen(&s, "proc.is_vpgid_leader", "false");
	assert_seen(&s, "proc.is_pgid_leader", "true");
	scene_close(&s);
}

static void cgroups_and_capabilities_have_names(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	assert_seen(&s, "thread.cgroups", "cpuset=/a memory=/m=x");
	assert_seen(&s, "thread.cgroup.memory", "/m=x");
	assert_seen(&s, "thread.cgroup.cpu", "(missing)");
	assert_seen(&s, "thread.cap_effective", "CAP_CHOWN CAP_SYS_ADMIN");
	assert_seen(&s, "thread.cap_permitted", "");
	scene_close(&s);
}

static void what_is_not_known_is_missing(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	assert_seen(&s, "proc.duration", "(missing)");
	assert_seen(&s, "proc.pid.ts", "(missing)");
	assert_seen(&s, "proc.ppid.ts", "0");
	assert_seen(&s, "proc.exe_ino", "(missing)");
	assert_seen(&s, "proc.pidns_init_start_ts", "(missing)");
	scene_close(&s);
}

static void open_files_are_counted(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	scene_fd(&s, 30, 0, "/dev/null");
	scene_fd(&s, 30, 3, "/etc/passwd");
	event_begin(&s, EV_SYSCALL_SETSID_X, 31);
	put_i(&s, -1);
	event_end(&s);
	assert_seen(&s, "proc.fdopencount", "2");
	assert_seen(&s, "proc.fdlimit", "1024");
	assert_seen(&s, "proc.fdusage", "0.2");
	assert_seen(&s, "proc.stdin.type", "file");
	assert_seen(&s, "proc.stdin.name", "/dev/null");
	assert_seen(&s, "proc.stdout.name", "(missing)");
	/* of a parent from before the trace, Falco counts files instead of time */
	assert_seen(&s, "proc.ppid.duration", "2");
	scene_close(&s);
}

static void an_unknown_thread_shows_itself_only(void **state)
{
	struct scene s;

	(void)state;
	scene_open(&s);
	event_begin(&s, EV_PROCEXIT_1_E, 999);
	put_i(&s, 0);
	event_end(&s);
	assert_seen(&s, "thread.tid", "999");
	assert_seen(&s, "proc.name", "(missing)");
	assert_seen(&s, "proc.cwd", "(missing)");
	assert_seen(&s, "user.name", "(missing)");
	assert_seen(&s, "thread.exectime", "0");
	scene_close(&s);
}

static void execution_time_is_counted_per_cpu_and_thread(void **state)
{
	struct scene s;
	struct value v;

	(void)state;
	family(&s);

	struct field_ref exec = scene_ref(&s, "thread.exectime");
	struct field_ref total = scene_ref(&s, "thread.totexectime");

	for (int i = 0; i < 3; i++) {
		event_begin(&s, EV_SCHEDSWITCH_6_E, 30);
		put_i(&s, 20);
		event_end(&s);
		assert_true(field_get(&exec, &s.ctx, &v));
		assert_int_equal(v.u, i ? 1500 : 0);
		field_get(&total, &s.ctx, &v);
	}
	event_begin(&s, EV_SYSCALL_SETSID_X, 30);
	put_i(&s, -1);
	event_end(&s);
	if (field_get(&total, &s.ctx, &v))
		assert_int_equal(v.u, 3000);
	scene_close(&s);
}

static void accounts_come_from_the_trace(void **state)
{
	struct scene s;

	(void)state;
	family(&s);
	scene_meta(&s, &(struct record){ .kind = RECORD_USERS_BEGIN });
	scene_meta(&s, &(struct record){ .kind = RECORD_USER,
					 .user = { .uid = 7,
						   .gid = 8,
						   .name = SV("ann"),
						   .homedir = SV("/home/ann"),
						   .shell = SV("/bin/zsh") } });
	scene_meta(&s, &(struct record){ .kind = RECORD_GROUP,
					 .group = { .gid = 8, .name = SV("staff") } });

	struct proc_entry p = scene_process(40, 1, "ls");

	p.uid = 7;
	p.gid = 8;
	p.loginuid = 7;
	scene_add(&s, p);
	event_begin(&s, EV_SYSCALL_SETSID_X, 40);
	put_i(&s, -1);
	event_end(&s);
	assert_seen(&s, "user.uid", "7");
	assert_seen(&s, "user.name", "ann");
	assert_seen(&s, "user.homedir", "/home/ann");
	assert_seen(&s, "user.shell", "/bin/zsh");
	assert_seen(&s, "user.loginname", "ann");
	assert_seen(&s, "group.name", "staff");

	event_begin(&s, EV_SYSCALL_SETSID_X, 30);
	put_i(&s, -1);
	event_end(&s);
	assert_seen(&s, "user.name", "root");
	assert_seen(&s, "user.homedir", "/root");
	assert_seen(&s, "user.shell", "<NA>");
	assert_seen(&s, "user.loginuid", "-1");
	assert_seen(&s, "user.loginname", "<NA>");
	assert_seen(&s, "group.name", "root");
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_shows_its_command),
		cmocka_unit_test(without_arguments_only_exeline_keeps_a_blank),
		cmocka_unit_test(ancestors_are_counted_from_the_process_itself),
		cmocka_unit_test(comparing_ancestors_tries_each_nearest_first),
		cmocka_unit_test(a_loop_of_parents_ends),
		cmocka_unit_test(a_variable_is_trimmed_and_never_missing),
		cmocka_unit_test(a_thread_uses_what_its_leader_has),
		cmocka_unit_test(a_session_has_a_leader),
		cmocka_unit_test(cgroups_and_capabilities_have_names),
		cmocka_unit_test(what_is_not_known_is_missing),
		cmocka_unit_test(open_files_are_counted),
		cmocka_unit_test(an_unknown_thread_shows_itself_only),
		cmocka_unit_test(execution_time_is_counted_per_cpu_and_thread),
		cmocka_unit_test(accounts_come_from_the_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
