#include "engine/state/cgroups.h"
#include "engine/tests/play.h"

#include <stdio.h>

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void cgroup_paths_tell_the_container(void **state)
{
	static const struct {
		const char *path, *id, *type;
	} rows[] = {
		{ "/docker/" HEX64, "0123456789ab", NULL },
		{ "/system.slice/docker-" HEX64 ".scope", "0123456789ab", NULL },
		{ "/machine.slice/libpod-" HEX64 ".scope/container", "0123456789ab", NULL },
		{ "/libpod_parent/libpod-" HEX64, "0123456789ab", NULL },
		{ "/kubepods/besteffort/pod1-2/" HEX64, "0123456789ab", NULL },
		{ "/kubepods/crio-" HEX64, "0123456789ab", NULL },
		{ "/kubepods.slice/crio-" HEX64 ".scope", "0123456789ab", NULL },
		{ "/kubepods.slice/cri-containerd-" HEX64 ".scope", "0123456789ab", NULL },
		{ "/kubepods-pod1.slice:cri-containerd:" HEX64, "0123456789ab", NULL },
		{ "/lxc/web/init.scope", "web", "lxc" },
		{ "/lxc.payload.web", "web", "lxc" },
		{ "/lxc.payload/web/x", "web", "lxc" },
		{ "/x/db.libvirt-lxc", "db", "libvirt-lxc" },
		{ "/machine.slice/machine-lxc\\x2d12\\x2ddb.scope/libvirt", "12\\x2ddb",
		  "libvirt-lxc" },
		{ "/libvirt/lxc/db", "db", "lxc" }, /* lxc is asked first */
		{ "/system.slice/bpm-job.1.scope", "job.1", "bpm" },
		{ "/system.slice/ssh.service", NULL, NULL },
		{ "/docker/0123456789abcdef", NULL, NULL },
		{ "/docker/" HEX64 "/x", NULL, NULL },
		{ "/bpm-no!", NULL, NULL },
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct container_match m = { 0 };
		char cgroups[512];
		int n = snprintf(cgroups, sizeof cgroups, "cpuset=/%ccpu=%s", 0, rows[i].path);

		bool found = container_match((struct sv){ cgroups, (size_t)n + 1 }, &m);
		assert_int_equal(found, rows[i].id != NULL);
		if (!found)
			continue;
		assert_int_equal(m.id.n, strlen(rows[i].id));
		assert_memory_equal(m.id.p, rows[i].id, m.id.n);
		assert_ptr_equal(m.type == NULL, rows[i].type == NULL);
		if (m.type)
			assert_string_equal(m.type, rows[i].type);
	}
}

static void subsystems_get_their_names_of_today(void **state)
{
	static const char recorded[] = "cpu_cgroup=/a\0perf=/b=c\0mem=/\0io=/d";
	struct buf out = { 0 };

	(void)state;
	assert_true(cgroups_normalise((struct sv){ recorded, sizeof recorded }, &out));
	assert_sv(buf_sv(&out), "cpu=/a\0perf_event=/b=c\0memory=/\0blkio=/d\0");
	assert_false(cgroups_normalise(SV("cpu=/a\0nothing"), &out));
	buf_deinit(&out);
	assert_true(cgroups_normalise(SV("=/a\0_cgroup=/b"), &out));
	assert_sv(buf_sv(&out), "=/a\0=/b\0");
	buf_deinit(&out);
}

static const char *const described =
	"{\"container\":{\"id\":\"0123456789ab\",\"full_id\":\"" HEX64 "\",\"type\":0,"
	"\"name\":\"web\",\"image\":\"nginx:1\",\"imagerepo\":\"nginx\",\"imagetag\":\"1\","
	"\"privileged\":true,\"ip\":\"172.17.0.2\",\"labels\":{\"b\":\"2\",\"a\":\"1\"},"
	"\"pod_sandbox_labels\":null,\"Mounts\":[{\"Source\":\"/s\",\"Destination\":\"/d\","
	"\"Mode\":\"rw\",\"RW\":true,\"Propagation\":\"\"}],\"cpu_shares\":1024}}";

static void a_container_event_describes_it(void **state)
{
	struct play *p = *state;

	play(p, EV_CONTAINER_JSON_2_E, -1, "s", described);
	const struct container *c = p->s->now.container;
	assert_non_null(c);
	assert_ptr_equal(c, state_container(p->s, SV("0123456789ab")));
	assert_string_equal(c->type, "docker");
	assert_sv(text_sv(c->name), "web");
	assert_true(c->privileged);
	assert_int_equal(c->nlabels, 2);
	assert_sv(text_sv(c->labels[0].key), "a");
	assert_int_equal(c->nmounts, 1);
	assert_true(c->mounts[0].rdwr);
	play(p, EV_ASYNCEVENT_E, -1, "dss", 0u, "container_removed", described);
	assert_sv(text_sv(p->s->now.container->name), "web");
	assert_null(state_container(p->s, SV("0123456789ab")));
	play(p, EV_ASYNCEVENT_E, -1, "dss", 0u, "something", described);
	assert_null(p->s->now.container);
}

static void damaged_container_events_change_nothing(void **state)
{
	struct play *p = *state;
	const char *const bad[] = { "",
				    "{",
				    "[]",
				    "{}",
				    "{\"container\":1}",
				    "{\"container\":{\"id\":1}}",
				    "{\"container\":{\"id\":\"a\",\"labels\":{\"x\":null}}}",
				    "{\"container\":{\"id\":\"a\",\"labels\":[]}}",
				    "{\"container\":{\"id\":\"a\",\"Mounts\":[1]}}",
				    "{\"container\":{\"id\":\"a\"}} x" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		play(p, EV_CONTAINER_JSON_2_E, -1, "s", bad[i]);
		assert_null(p->s->now.container);
		assert_null(state_container(p->s, SV("a")));
	}
}

static void the_host_is_a_container_called_host(void **state)
{
	struct play *p = *state;
	const struct container *host = state_container(p->s, SV(""));

	assert_sv(text_sv(host->id), "host");
	assert_string_equal(host->type, "host");
}

static void threads_are_put_into_the_container_of_their_cgroups(void **state)
{
	struct play *p = *state;
	struct proc_entry proc = play_proc(10, 1, "web");

	proc.cgroups = SV("cpu=/docker/" HEX64);
	play_meta(p, (struct record){ .kind = RECORD_PROC, .proc = proc });
	play(p, EV_SYSCALL_GETCWD_X, 10, "qs", INT64_C(1), "/");
	assert_sv(text_sv(play_thread(p, 10)->container_id), "0123456789ab");
	/* A successful execve reads them again. */
	uint64_t version = play_thread(p, 10)->version;
	play_exec(p, 10, "/bin/ls", "ls");
	assert_null(play_thread(p, 10)->container_id);
	assert_true(play_thread(p, 10)->version > version);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroup_paths_tell_the_container),
		cmocka_unit_test(subsystems_get_their_names_of_today),
		cmocka_unit_test_setup_teardown(a_container_event_describes_it, play_setup,
						play_teardown),
		cmocka_unit_test_setup_teardown(damaged_container_events_change_nothing, play_setup,
						play_teardown),
		cmocka_unit_test_setup_teardown(the_host_is_a_container_called_host, play_setup,
						play_teardown),
		cmocka_unit_test_setup_teardown(threads_are_put_into_the_container_of_their_cgroups,
						play_setup, play_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
