#define _GNU_SOURCE /* O_PATH, syscall */
#include "tools/common/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- files --- */

/* Rights by the version of Landlock that brought them; headers may be older than the kernel. */
enum {
	RIGHTS_V1 = (1 << 13) - 1, /* execute, write, read, list, remove, make ... */
	RIGHT_REFER = 1 << 13,
	RIGHT_TRUNCATE = 1 << 14,
	RIGHT_IOCTL_DEV = 1 << 15,
};

static uint64_t rights_known(int version)
{
	uint64_t rights = RIGHTS_V1;

	rights |= version >= 2 ? RIGHT_REFER : 0;
	rights |= version >= 3 ? RIGHT_TRUNCATE : 0;
	rights |= version >= 5 ? RIGHT_IOCTL_DEV : 0;
	return rights;
}

static const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE;
static const uint64_t making = LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;

/* Of what is no folder. */
static const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				 LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEV;

static int open_folder_of(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n >= sizeof folder)
		return -1;
	memcpy(folder, path, n);
	folder[n] = '\0';
	return open(n ? folder : slash ? "/" : ".", O_PATH | O_CLOEXEC);
}

static int allow_path(int ruleset, const struct confine_path *p, uint64_t known, struct err *err)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = -1 };
	struct stat st;
	int rc = 0;

	if (p->right != CONFINE_FOLDER)
		rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
	rule.allowed_access = p->right == CONFINE_READ ? reading : reading | writing;
	if (rule.parent_fd < 0 && p->right != CONFINE_READ) {
		rule.parent_fd = open_folder_of(p->path);
		rule.allowed_access |= making;
	}
	if (rule.parent_fd < 0)
		return 0; /* whoever opens it will say what is wrong */
	rule.allowed_access &= known;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= of_files;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		rc = err_errno(err, "cannot confine this process to %s", p->path);
	close(rule.parent_fd);
	return rc;
}

/* 1: in force; 0: this kernel cannot. */
static int confine_files(const struct confine_path *paths, size_t n, struct err *err)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version < 1)
		return 0;
	struct landlock_ruleset_attr attr = { .handled_access_fs = rights_known((int)version) };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	int rc = 0;

	if (ruleset < 0)
		return err_errno(err, "cannot confine this process");
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (strcmp(paths[i].path, "-") != 0)
			rc = allow_path(ruleset, &paths[i], attr.handled_access_fs, err);
	}
#ifdef __SANITIZE_ADDRESS__
	const struct confine_path threads = { "/proc", CONFINE_READ }; /* to look for leaks in */

	if (rc == 0)
		rc = allow_path(ruleset, &threads, attr.handled_access_fs, err);
#endif
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		rc = err_errno(err, "cannot confine this process");
	close(ruleset);
	return rc < 0 ? -1 : 1;
}

/* --- system calls --- */

/* What reading files, threads, memory and SQLite need; all else fails with EPERM. */
static const int calls[] = {
	/* files: Landlock says which */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(preadv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev),
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(close),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(statfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(dup),
	SCMP_SYS(fcntl),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(fadvise64),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchown),
	SCMP_SYS(fallocate),
	SCMP_SYS(poll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(ppoll),
	SCMP_SYS(umask),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(membarrier),
	SCMP_SYS(getrandom),
	/* threads and signals */
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(get_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* the clock, the machine's size */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(times),
	SCMP_SYS(getrusage),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
#ifdef __SANITIZE_ADDRESS__
	/* looking for leaks at the end */
	SCMP_SYS(getdents),
	SCMP_SYS(ptrace),
	SCMP_SYS(clone),
	SCMP_SYS(wait4),
	SCMP_SYS(prctl),
	SCMP_SYS(pipe2),
	SCMP_SYS(getppid),
	SCMP_SYS(tgkill),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(arch_prctl),
	SCMP_SYS(getrlimit),
	SCMP_SYS(personality),
#endif
};

enum { CLONE_AS_THREAD = 0x00010000 /* CLONE_THREAD */ };

/* Calls that are harmless with some arguments only. */
static int add_narrow_calls(scmp_filter_ctx ctx)
{
	/* flags of clone3 lie in memory, where no filter looks: glibc takes clone instead */
	if (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) < 0)
		return -1;
#ifndef __SANITIZE_ADDRESS__
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_AS_THREAD, CLONE_AS_THREAD)) < 0)
		return -1;
	/* no more code */
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) < 0 ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) < 0)
		return -1;
	/* to this process only */
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())) < 0)
		return -1;
#endif
	/* limits may be looked at */
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0)) <
	    0)
		return -1;
	/* is it a terminal, and how wide */
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			     SCMP_A1(SCMP_CMP_EQ, 0x5401 /* TCGETS */)) < 0 ||
	    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			     SCMP_A1(SCMP_CMP_EQ, TIOCGWINSZ)) < 0)
		return -1;
	return 0;
}

/* 1: in force; 0: this kernel cannot. */
static int confine_calls(struct err *err)
{
	scmp_filter_ctx ctx;
	int rc = 0;

	if (prctl(PR_GET_SECCOMP) < 0)
		return 0;
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return err_set(err, ERR_NOMEM, "no memory for a filter of system calls");
	for (size_t i = 0; i < sizeof calls / sizeof calls[0] && rc == 0; i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	if (rc == 0)
		rc = add_narrow_calls(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc == -EINVAL || rc == -ENOSYS)
		return 0; /* a kernel without filters */
	if (rc < 0)
		return err_set(err, ERR_IO, "cannot confine this process to few system calls: %s",
			       strerror(-rc));
	return 1;
}

int confine(const struct confine_path *paths, size_t n, struct confinement *out, struct err *err)
{
	int files, calls_too;

	*out = (struct confinement){ 0 };
	/* Neither is for processes that could gain privileges. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 0;
	files = confine_files(paths, n, err);
	if (files < 0)
		return -1;
	calls_too = confine_calls(err);
	if (calls_too < 0)
		return -1;
	out->files = files;
	out->calls = calls_too;
	return 0;
}
