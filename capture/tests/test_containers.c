/* What every engine leaves on disk, and what a trace tells of it afterwards. */
#define _GNU_SOURCE
#include "capture/containers/containers.h"
#include "engine/state/tables.h"
#include "engine/tests/play.h"

#include "capture/tests/tree.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

struct engine_test {
	struct tree tree;
	struct containers *c;
	struct state *state;
	struct event ev;
};

static int set_up(void **state)
{
	struct engine_test *e = calloc(1, sizeof *e);

	tree_init(&e->tree);
	e->state = state_new();
	*state = e;
	return 0;
}

static int tear_down(void **state)
{
	struct engine_test *e = *state;

	containers_free(e->c);
	state_free(e->state);
	tree_deinit(&e->tree);
	free(e);
	return 0;
}

static void open_containers(struct engine_test *e, bool background)
{
	struct containers_options opt = { .root = e->tree.root, .background = background };
	struct err err = { 0 };

	assert_int_equal(containers_new(&opt, &e->c, &err), 0);
}

/* A process in this group appears; the container as the trace then describes it. */
static const struct container *meet(struct engine_test *e, const char *path)
{
	char cgroups[512];
	struct err err = { 0 };
	int n = snprintf(cgroups, sizeof cgroups, "cpu=/%cmemory=%s", '\0', path);

	if (!e->c)
		open_containers(e, false);
	containers_note(e->c, (struct sv){ cgroups, (size_t)n + 1 });
	if (!containers_next(e->c, 1000, &e->ev))
		return NULL;
	assert_int_equal(state_event(e->state, &e->ev, &err), 0);
	return state_container(e->state, SV("0123456789ab"));
}

static const char *label(const struct container *c, const char *key)
{
	for (uint32_t i = 0; i < c->nlabels; i++) {
		if (sv_eq(text_sv(c->labels[i].key), sv_of(key)))
			return c->labels[i].value ? c->labels[i].value->p : "";
	}
	return "(none)";
}

#define SPEC(annotations, process)                                                                 \
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"user\":{\"uid\":33,\"gid\":33},"                 \
	"\"env\":[\"A=1\",\"B=2\"]" process "},"                                                   \
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"           \
	"{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"/srv\",\"options\":"            \
	"[\"rbind\",\"ro\",\"rprivate\"]}],"                                                       \
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"mount\"}]}," \
	"\"annotations\":{" annotations "}}"

static const char docker_config[] =
	"{\"ID\":\"" ID "\",\"Name\":\"/web\",\"Driver\":\"overlay2\",\"Image\":\"sha256:aa11\","
	"\"Config\":{\"Image\":\"reg.example:5000/team/nginx:1.25\",\"User\":\"www\","
	"\"Env\":[\"SECRET=1\"],\"Labels\":{\"team\":\"red\",\"io.kubernetes.pod.name\":\"p\"},"
	"\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"curl localhost\"]}},"
	"\"MountPoints\":{\"/data\":{\"Source\":\"/srv\",\"Destination\":\"/data\",\"RW\":true,"
	"\"Mode\":\"z\",\"Propagation\":\"rprivate\"}},"
	"\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}}}";

static const struct container *meet_docker(struct engine_test *e)
{
	tree_file(&e->tree, "/var/lib/docker/containers/" ID "/config.v2.json", docker_config);
	tree_file(&e->tree, "/var/lib/docker/containers/" ID "/hostconfig.json",
		  "{\"Privileged\":true,\"PidMode\":\"host\",\"NetworkMode\":\"default\"}");
	tree_file(&e->tree, "/var/lib/docker/image/overlay2/repositories.json",
		  "{\"Repositories\":{\"nginx\":{\"nginx:1.25\":\"sha256:aa11\","
		  "\"nginx@sha256:dd22\":\"sha256:aa11\"}}}");
	return meet(e, "/docker/" ID);
}

static void docker_is_described_by_its_files(void **state)
{
	const struct container *c = meet_docker(*state);

	assert_non_null(c);
	assert_string_equal(c->type, "docker");
	assert_sv(text_sv(c->full_id), ID);
	assert_sv(text_sv(c->name), "web");
	assert_sv(text_sv(c->image), "reg.example:5000/team/nginx:1.25");
	assert_sv(text_sv(c->repository), "reg.example:5000/team/nginx");
	assert_sv(text_sv(c->tag), "1.25");
	assert_sv(text_sv(c->digest), "sha256:dd22");
	assert_sv(text_sv(c->image_id), "aa11");
	assert_sv(text_sv(c->user), "www");
	assert_sv(text_sv(c->ip), "172.17.0.2");
	assert_true(c->privileged);
	assert_true(c->host_pid);
	assert_false(c->host_network);
}

static void docker_tells_labels_mounts_environment_and_healthcheck(void **state)
{
	const struct container *c = meet_docker(*state);

	assert_non_null(c);
	assert_string_equal(label(c, "team"), "red");
	assert_int_equal(c->nmounts, 1);
	assert_sv(text_sv(c->mounts[0].source), "/srv");
	assert_sv(text_sv(c->mounts[0].dest), "/data");
	assert_sv(text_sv(c->mounts[0].mode), "z");
	assert_true(c->mounts[0].rdwr);
	assert_non_null(strstr(c->json->p, "\"env\":[\"SECRET=1\"]"));
	assert_non_null(strstr(c->json->p, "\"Healthcheck\":{\"exe\":\"/bin/sh\",\"args\":"
					   "[\"-c\",\"curl localhost\"]}"));
}

static void docker_may_keep_its_data_elsewhere(void **state)
{
	struct engine_test *e = *state;

	tree_file(&e->tree, "/etc/docker/daemon.json", "{\"data-root\":\"/mnt/docker\"}");
	tree_file(&e->tree, "/mnt/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/far\"}");
	const struct container *c = meet(e, "/system.slice/docker-" ID ".scope");

	assert_non_null(c);
	assert_sv(text_sv(c->name), "far");
}

#define STORAGE "/var/lib/containers/storage"

static void podman_is_described_by_its_storage(void **state)
{
	struct engine_test *e = *state;

	tree_file(&e->tree, STORAGE "/overlay-containers/containers.json",
		  "[{\"id\":\"" POD "\",\"names\":[\"other\"]},{\"id\":\"" ID
		  "\",\"names\":[\"db\"],\"image\":\"aa11\",\"metadata\":"
		  "\"{\\\"image-name\\\":\\\"docker.io/library/redis:7\\\"}\"}]");
	tree_file(&e->tree, STORAGE "/overlay-images/images.json",
		  "[{\"id\":\"aa11\",\"digest\":\"sha256:dd22\",\"names\":[\"x:1\"]}]");
	tree_file(&e->tree, STORAGE "/overlay-containers/" ID "/userdata/config.json",
		  SPEC("\"io.podman.annotations.privileged\":\"TRUE\"", ""));
	const struct container *c = meet(e, "/machine.slice/libpod-" ID ".scope");

	assert_non_null(c);
	assert_string_equal(c->type, "podman");
	assert_sv(text_sv(c->name), "db");
	assert_sv(text_sv(c->repository), "docker.io/library/redis");
	assert_sv(text_sv(c->tag), "7");
	assert_sv(text_sv(c->digest), "sha256:dd22");
	assert_sv(text_sv(c->image_id), "aa11");
	assert_sv(text_sv(c->user), "33");
	assert_true(c->privileged);
	assert_true(c->host_network);
	assert_false(c->host_pid);
	assert_int_equal(c->nmounts, 1);
	assert_false(c->mounts[0].rdwr);
	assert_sv(text_sv(c->mounts[0].propagation), "rprivate");
}

static void cri_o_tells_pod_and_labels(void **state)
{
	struct engine_test *e = *state;

	tree_file(&e->tree, STORAGE "/overlay-containers/" ID "/userdata/config.json",
		  SPEC("\"io.kubernetes.cri-o.ContainerType\":\"container\","
		       "\"io.kubernetes.cri-o.ImageName\":\"quay.io/app@sha256:dd22\","
		       "\"io.kubernetes.cri-o.SandboxID\":\"" POD "\","
		       "\"io.kubernetes.cri-o.IP.0\":\"10.1.2.3\","
		       "\"io.kubernetes.cri-o.Labels\":\"{\\\"app\\\":\\\"shop\\\"}\","
		       "\"io.kubernetes.container.name\":\"front\","
		       "\"io.kubernetes.pod.name\":\"shop-1\","
		       "\"io.kubernetes.pod.namespace\":\"prod\","
		       "\"io.kubernetes.pod.uid\":\"u-1\"",
		       ""));
	const struct container *c = meet(e, "/kubepods.slice/crio-" ID ".scope");

	assert_non_null(c);
	assert_string_equal(c->type, "cri-o");
	assert_sv(text_sv(c->name), "front");
	assert_sv(text_sv(c->repository), "quay.io/app");
	assert_sv(text_sv(c->digest), "sha256:dd22");
	assert_sv(text_sv(c->pod_sandbox_id), POD);
	assert_sv(text_sv(c->ip), "10.1.2.3");
	assert_false(c->is_pod_sandbox);
	assert_string_equal(label(c, "app"), "shop");
	assert_string_equal(label(c, "io.kubernetes.pod.name"), "shop-1");
	assert_string_equal(label(c, "io.kubernetes.pod.namespace"), "prod");
	assert_string_equal(label(c, "io.kubernetes.pod.uid"), "u-1");
}

static void containerd_is_described_by_its_task(void **state)
{
	struct engine_test *e = *state;

	tree_file(&e->tree,
		  "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
		  SPEC("\"io.kubernetes.cri.container-type\":\"container\","
		       "\"io.kubernetes.cri.container-name\":\"front\","
		       "\"io.kubernetes.cri.image-name\":\"docker.io/library/app:2\","
		       "\"io.kubernetes.cri.sandbox-id\":\"" POD "\","
		       "\"io.kubernetes.cri.sandbox-name\":\"shop-1\","
		       "\"io.kubernetes.cri.sandbox-namespace\":\"prod\","
		       "\"io.kubernetes.cri.sandbox-uid\":\"u-1\"",
		       ",\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_SYS_MODULE\"]}"));
	const struct container *c = meet(e, "/kubepods/besteffort/podu-1/" ID);

	assert_non_null(c);
	assert_string_equal(c->type, "containerd");
	assert_sv(text_sv(c->name), "front");
	assert_sv(text_sv(c->image), "docker.io/library/app:2");
	assert_true(c->privileged);
	assert_string_equal(label(c, "io.kubernetes.pod.name"), "shop-1");
	assert_string_equal(label(c, "io.kubernetes.container.name"), "front");
}

static void a_bundle_is_found_by_its_control_group(void **state)
{
	struct engine_test *e = *state;

	tree_file(&e->tree, "/srv/bundle/config.json",
		  SPEC("\"org.opencontainers.image.ref.name\":\"busybox:1.36\",\"x\":\"y\"", ""));
	tree_file(&e->tree, "/run/runc/job/state.json",
		  "{\"id\":\"job\",\"cgroup_paths\":{\"memory\":\"/sys/fs/cgroup/memory/docker/" ID
		  "\"},\"config\":{\"labels\":[\"a=b\",\"bundle=/srv/bundle\"]}}");
	const struct container *c = meet(e, "/docker/" ID);

	assert_non_null(c);
	assert_string_equal(c->type, "docker");
	assert_sv(text_sv(c->name), "job");
	assert_sv(text_sv(c->image), "busybox:1.36");
	assert_sv(text_sv(c->tag), "1.36");
	assert_string_equal(label(c, "x"), "y");
}

static void each_container_is_told_once(void **state)
{
	struct engine_test *e = *state;

	tree_file(&e->tree, "/var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"Name\":\"/a\"}");
	assert_non_null(meet(e, "/docker/" ID));
	assert_null(meet(e, "/docker/" ID));
	assert_null(meet(e, "/docker/" ID "/below"));
	assert_null(meet(e, "/user.slice"));
	assert_null(meet(e, "/docker/" POD));
	assert_int_equal(containers_stats(e->c).found, 1);
	assert_int_equal(containers_stats(e->c).unknown, 1);
}

static void nonsense_on_disk_does_no_harm(void **state)
{
	struct engine_test *e = *state;
	static const char *const files[] = {
		"/etc/docker/daemon.json",
		"/var/lib/docker/containers/" ID "/config.v2.json",
		"/var/lib/docker/containers/" ID "/hostconfig.json",
		STORAGE "/overlay-containers/containers.json",
		STORAGE "/overlay-containers/" ID "/userdata/config.json",
		"/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
		"/run/runc/job/state.json",
	};
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"[1,null,{}]",
		"null",
		"{\"Config\":7,\"MountPoints\":[{}],\"Name\":{}}",
		"{\"Config\":{\"Labels\":[1],\"Env\":{\"a\":1},\"Image\":\":@:/\",\"Healthcheck\":"
		"{\"Test\":[1,2]}},\"MountPoints\":{\"a\":1,\"b\":{}},\"Image\":\"\"}",
		"{\"data-root\":\"..\",\"Privileged\":1,\"annotations\":[1]}",
		"[{\"id\":7,\"names\":{}},{\"id\":\"" ID "\",\"metadata\":\"{\",\"image\":\"x\"}]",
		"{\"process\":{\"env\":[1],\"user\":{\"uid\":-1}},\"mounts\":[1,{\"type\":\"bind\"}"
		"],"
		"\"linux\":{\"namespaces\":{}},\"annotations\":{"
		"\"io.kubernetes.cri-o.ContainerType\":\"x\",\"io.kubernetes.cri-o.Labels\":\"[1]"
		"\"}}",
		"{\"config\":{\"labels\":[\"bundle=\",1]},\"cgroup_paths\":{\"a\":1,\"b\":\"" ID
		"\"}}",
	};

	for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
			tree_file(&e->tree, files[f], texts[t]);
			meet(e, "/docker/" ID);
			containers_free(e->c);
			e->c = NULL;
		}
	}
}

static void a_thread_looks_behind_the_reader(void **state)
{
	struct engine_test *e = *state;
	const char *cgroups = "cpu=/docker/" ID;

	tree_file(&e->tree, "/var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"Name\":\"/a\"}");
	open_containers(e, true);
	assert_true(containers_note(e->c, (struct sv){ cgroups, strlen(cgroups) + 1 }));
	assert_true(containers_wait(e->c, 10000));
	assert_true(containers_next(e->c, 77, &e->ev));
	assert_int_equal(e->ev.ts_ns, 77);
	assert_int_equal(e->ev.tid, -1);
	assert_false(containers_next(e->c, 78, &e->ev));
	assert_false(containers_note(e->c, (struct sv){ cgroups, strlen(cgroups) + 1 }));
}

static void a_late_engine_is_looked_at_again_when_a_program_starts(void **state)
{
	struct engine_test *e = *state;
	const char *text = "cpu=/docker/" ID;
	struct sv cgroups = { text, strlen(text) + 1 };

	open_containers(e, true);
	assert_true(containers_note(e->c, cgroups));
	assert_true(containers_wait(e->c, 10000));
	assert_false(containers_next(e->c, 1, &e->ev));
	tree_file(&e->tree, "/var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"Name\":\"/a\"}");
	/* False when the thread was faster on its own. */
	containers_note(e->c, cgroups);
	assert_true(containers_wait(e->c, 10000));
	assert_true(containers_next(e->c, 2, &e->ev));
}

static void events_that_make_processes_are_noted(void **state)
{
	struct engine_test *e = *state;
	const char *cgroups = "cpu=/docker/" ID;
	struct event ev = { .type = EV_SYSCALL_EXECVE_19_X, .nparams = 15 };

	tree_file(&e->tree, "/var/lib/docker/containers/" ID "/config.v2.json",
		  "{\"Name\":\"/a\"}");
	open_containers(e, false);
	ev.params[14] = (struct sv){ cgroups, strlen(cgroups) + 1 };
	assert_true(containers_note_event(e->c, &ev));
	ev.type = EV_SYSCALL_READ_X;
	assert_false(containers_note_event(e->c, &ev));
}

#define ON_A_TREE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_TREE(docker_is_described_by_its_files),
		ON_A_TREE(docker_tells_labels_mounts_environment_and_healthcheck),
		ON_A_TREE(docker_may_keep_its_data_elsewhere),
		ON_A_TREE(podman_is_described_by_its_storage),
		ON_A_TREE(cri_o_tells_pod_and_labels),
		ON_A_TREE(containerd_is_described_by_its_task),
		ON_A_TREE(a_bundle_is_found_by_its_control_group),
		ON_A_TREE(each_container_is_told_once),
		ON_A_TREE(nonsense_on_disk_does_no_harm),
		ON_A_TREE(a_thread_looks_behind_the_reader),
		ON_A_TREE(a_late_engine_is_looked_at_again_when_a_program_starts),
		ON_A_TREE(events_that_make_processes_are_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
