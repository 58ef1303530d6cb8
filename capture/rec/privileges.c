#define _GNU_SOURCE /* setresuid, setgroups, fgetpwent */
#include "capture/rec/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

static const cap_value_t for_scan[] = { CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH };
enum { FOR_SCAN = sizeof for_scan / sizeof for_scan[0] };

/* Of the wanted ones those that are permitted now, effective, not inheritable. */
static int keep(const cap_value_t *wanted, int n, struct err *err)
{
	cap_t have = cap_get_proc(), next = cap_init();
	int rc = have && next ? 0 : -1;

	for (int i = 0; i < n && rc == 0; i++) {
		cap_flag_value_t set = CAP_CLEAR;

		cap_get_flag(have, wanted[i], CAP_PERMITTED, &set);
		if (set == CAP_SET)
			rc = cap_set_flag(next, CAP_PERMITTED, 1, &wanted[i], CAP_SET) |
			     cap_set_flag(next, CAP_EFFECTIVE, 1, &wanted[i], CAP_SET);
	}
	if (rc == 0)
		rc = cap_set_proc(next);
	if (rc < 0)
		err_errno(err, "cannot give up capabilities");
	cap_free(have);
	cap_free(next);
	return rc;
}

int privileges_keep(enum privileges which, struct err *err)
{
	return keep(for_scan, which == PRIVILEGES_SCAN ? FOR_SCAN : 0, err);
}

/* By name or number, from the file: a static program has no other way to ask. */
static bool find_user(const char *name, uid_t *uid, gid_t *gid)
{
	FILE *users = fopen("/etc/passwd", "re");
	bool is_number = *name && name[strspn(name, "0123456789")] == '\0';
	unsigned long number = is_number ? strtoul(name, NULL, 10) : 0;
	bool found = is_number;
	struct passwd *pw;

	*uid = (uid_t)number;
	*gid = (gid_t)number;
	while (users && (pw = fgetpwent(users)) != NULL) {
		if (is_number ? pw->pw_uid != *uid : strcmp(pw->pw_name, name) != 0)
			continue;
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
		found = true;
		break;
	}
	if (users)
		fclose(users);
	return found;
}

static int become(const char *name, struct err *err)
{
	uid_t uid;
	gid_t gid;

	if (!find_user(name, &uid, &gid))
		return err_set(err, ERR_USAGE, "there is no user %s", name);
	if (prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_errno(err, "cannot become user %s", name);
	return 0;
}

int privileges_settle(const char *user, struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return err_errno(err, "cannot do without new privileges");
	if (user && become(user, err) < 0)
		return -1;
	return privileges_keep(PRIVILEGES_SCAN, err);
}
