#include "engine/tests/scene.h"

static const char description[] =
	"{\"container\":{\"id\":\"0123456789ab\",\"full_id\":\"0123456789abcdef\",\"type\":0,"
	"\"name\":\"web\",\"image\":\"nginx:1\",\"imageid\":\"77\",\"imagerepo\":\"nginx\","
	"\"imagetag\":\"1\",\"imagedigest\":\"sha256:5\",\"privileged\":true,\"ip\":\"10.1.2.3\","
	"\"User\":\"www\",\"pod_sandbox_id\":\"fedcba9876543210\","
	"\"labels\":{\"b\":\"2\",\"a\":\"\",\"io.kubernetes.pod.name\":\"pod-1\","
	"\"io.kubernetes.pod.namespace\":\"prod\"},"
	"\"pod_sandbox_labels\":{\"app\":\"shop\"},"
	"\"Mounts\":[{\"Source\":\"/proc\",\"Destination\":\"/host/"
	"proc\",\"Mode\":\"ro\",\"RW\":false,"
	"\"Propagation\":\"rprivate\"},{\"Source\":\"/data\",\"Destination\":\"/var/lib/x\","
	"\"Mode\":\"\",\"RW\":true,\"Propagation\":\"\"}]}}";

static void tell(struct scene *s, const char *json)
{
	event_begin(s, EV_ASYNCEVENT_E, -1);
	put_u32_(s, 0);
	put_string(s, "container");
	put_bytes(s, json, strlen(json) + 1);
	event_end(s);
}

static void a_call(struct scene *s, int64_t tid)
{
	event_begin(s, EV_SYSCALL_SETSID_X, tid);
	put_i(s, 0);
	event_end(s);
}

/* A process on the host and one in a container. */
static void host(struct scene *s)
{
	struct proc_entry p = scene_process(20, 1, "nginx");

	scene_open(s);
	scene_add(s, scene_process(10, 1, "app"));
	p.cgroups = SV("memory=/docker/"
		       "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\0");
	p.pidns_init_start_ts = 1600000000000000000;
	scene_add(s, p);
}

static void the_host_counts_as_described(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	a_call(&s, 10);
	assert_seen(&s, "container.id", "host");
	assert_seen(&s, "container.full_id", "host");
	assert_seen(&s, "container.name", "host");
	assert_seen(&s, "container.type", "host");
	assert_seen(&s, "container.image", "");
	assert_seen(&s, "container.privileged", "false");
	assert_seen(&s, "container.mounts", "");
	assert_seen(&s, "container.labels", "");
	assert_seen(&s, "container.mount[0]", "(missing)");
	assert_seen(&s, "container.label[a]", "(missing)");
	assert_seen(&s, "container.start_ts", "(missing)");
	assert_seen(&s, "k8s.pod.name", "(missing)");
	assert_seen(&s, "k8s.pod.sandbox_id", "");
	scene_close(&s);
}

static void an_undescribed_container_has_its_id_only(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	a_call(&s, 20);
	assert_seen(&s, "container.id", "0123456789ab");
	assert_seen(&s, "container.name", "(missing)");
	assert_seen(&s, "container.image", "(missing)");
	assert_seen(&s, "container.privileged", "(missing)");
	assert_seen(&s, "container.start_ts", "1600000000000000000");
	assert_seen(&s, "container.duration", "100000000000001500");
	scene_close(&s);
}

static void a_container_event_describes_it(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	tell(&s, description);
	assert_seen(&s, "container.id", "0123456789ab");
	assert_seen(&s, "container.image.repository", "nginx");
	assert_seen(&s, "container.start_ts", "(missing)");
	a_call(&s, 20);
	assert_seen(&s, "container.full_id", "0123456789abcdef");
	assert_seen(&s, "container.name", "web");
	assert_seen(&s, "container.type", "docker");
	assert_seen(&s, "container.image", "nginx:1");
	assert_seen(&s, "container.image.id", "77");
	assert_seen(&s, "container.image.tag", "1");
	assert_seen(&s, "container.image.digest", "sha256:5");
	assert_seen(&s, "container.privileged", "true");
	assert_seen(&s, "container.ip", "10.1.2.3");
	assert_seen(&s, "container.healthcheck", "(missing)");
	scene_close(&s);
}

static void mounts_are_found_by_position_or_pattern(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	tell(&s, description);
	a_call(&s, 20);
	assert_seen(&s, "container.mounts",
		    "/proc:/host/proc:ro:false:rprivate,/data:/var/lib/x::true:");
	assert_seen(&s, "container.mount[1]", "/data:/var/lib/x::true:");
	assert_seen(&s, "container.mount[2]", "(missing)");
	assert_seen(&s, "container.mount[^/d]", "/data:/var/lib/x::true:");
	assert_seen(&s, "container.mount.dest[/proc*]", "/host/proc");
	assert_seen(&s, "container.mount.source[/host]", "/proc");
	assert_seen(&s, "container.mount.mode[0]", "ro");
	assert_seen(&s, "container.mount.rdwr[1]", "true");
	assert_seen(&s, "container.mount.propagation[0]", "rprivate");
	assert_seen(&s, "container.mount[(]", "(missing)");
	scene_close(&s);
}

static void labels_are_listed_without_those_of_kubernetes(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	tell(&s, description);
	a_call(&s, 20);
	assert_seen(&s, "container.labels", "a, b:2");
	assert_seen(&s, "container.label[b]", "2");
	assert_seen(&s, "container.label[a]", "");
	assert_seen(&s, "k8s.pod.name", "pod-1");
	assert_seen(&s, "k8s.ns.name", "prod");
	assert_seen(&s, "k8s.pod.uid", "(missing)");
	assert_seen(&s, "k8s.pod.sandbox_id", "fedcba987654");
	assert_seen(&s, "k8s.pod.full_sandbox_id", "fedcba9876543210");
	assert_seen(&s, "k8s.pod.label[app]", "shop");
	assert_seen(&s, "k8s.pod.labels", "app:shop");
	assert_seen(&s, "k8s.pod.ip", "(missing)");
	assert_seen(&s, "k8s.rs.name", "(missing)");
	scene_close(&s);
}

static void a_pod_shows_the_network_of_its_sandbox(void **state)
{
	struct scene s;

	(void)state;
	host(&s);
	tell(&s, description);
	tell(&s, "{\"container\":{\"id\":\"fedcba987654\",\"type\":7,\"ip\":\"10.9.9.9\","
		 "\"cni_json\":\"{}\",\"pod_sandbox_labels\":{\"tier\":\"front\"}}}");
	a_call(&s, 20);
	assert_seen(&s, "k8s.pod.ip", "10.9.9.9");
	assert_seen(&s, "k8s.pod.cni.json", "{}");
	assert_seen(&s, "k8s.pod.labels", "tier:front");
	assert_seen(&s, "k8s.pod.label[tier]", "front");
	assert_seen(&s, "k8s.pod.label[app]", "shop");
	scene_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_counts_as_described),
		cmocka_unit_test(an_undescribed_container_has_its_id_only),
		cmocka_unit_test(a_container_event_describes_it),
		cmocka_unit_test(mounts_are_found_by_position_or_pattern),
		cmocka_unit_test(labels_are_listed_without_those_of_kubernetes),
		cmocka_unit_test(a_pod_shows_the_network_of_its_sandbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
