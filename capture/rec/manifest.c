#include "capture/rec/manifest.h"

#include "capture/rec/callset.h"
#include "tools/common/human.h"
#include "tools/common/json.h"

#include <stdio.h>
#include <sys/utsname.h>

/* The first line of a small file, "" when there is none. */
static struct sv first_line(const char *path, char *line, size_t room)
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file) {
		if (!fgets(line, (int)room, file))
			line[0] = '\0';
		fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	return sv_of(line);
}

static void put_host(struct json *j)
{
	char boot[64];
	struct utsname u;

	if (uname(&u) == 0) {
		json_text(j, "host", sv_of(u.nodename));
		json_text(j, "kernel", sv_of(u.release));
		json_text(j, "kernel_version", sv_of(u.version));
		json_text(j, "architecture", sv_of(u.machine));
	}
	json_text(j, "boot_id", first_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot));
}

/* What the driver was not asked for, and what the filter threw away. */
static void put_missing(struct json *j, const struct options *o)
{
	struct buf calls = { 0 };

	json_object(j, "not_recorded");
	callset_missing(&o->set, &calls);
	if (calls.n)
		json_text(j, "syscalls", buf_sv(&calls));
	if (!o->set.signals)
		json_bool(j, "signals", true);
	json_bool(j, "page_faults", !o->set.page_faults);
	json_bool(j, "context_switches", !o->set.switches);
	if (o->filter)
		json_text(j, "events_unless", sv_of(o->filter));
	json_u64(j, "data_beyond_bytes", o->snaplen ? o->snaplen : DRIVER_SNAPLEN);
	json_bool(j, "recorder_itself", !o->self);
	json_end_object(j);
	buf_deinit(&calls);
}

int manifest_put(const struct options *o, const struct driver *driver, uint64_t now_ns,
		 struct buf *out, struct err *err)
{
	static const char *const paths[] = { [DRIVER_PATHS_AT_EXIT] = "exit",
					     [DRIVER_PATHS_AT_ENTRY] = "entry",
					     [DRIVER_PATHS_AT_USE] = "use" };
	struct json j = { .out = out };
	struct buf when = { 0 };

	human_time(&when, now_ns);
	json_object(&j, NULL);
	json_text(&j, "writer", SV("rec " SAKER_VERSION));
	json_text(&j, "driver", sv_of(driver_name(driver)));
	if (*driver_reason(driver))
		json_text(&j, "driver_reason", sv_of(driver_reason(driver)));
	json_text(&j, "paths_read_at", sv_of(paths[driver_paths(driver)]));
	json_text(&j, "started", buf_sv(&when));
	put_host(&j);
	if (o->syscalls)
		json_text(&j, "syscalls", sv_of(o->syscalls));
	if (o->on_match) {
		json_u64(&j, "seconds_before_match", o->before_ns / 1000000000);
		json_u64(&j, "seconds_after_match", o->after_ns / 1000000000);
	}
	put_missing(&j, o);
	json_end_object(&j);
	buf_deinit(&when);
	return out->failed ? err_set(err, ERR_NOMEM, "no memory for the manifest") : 0;
}
