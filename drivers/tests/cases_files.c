/* Files: by path, by descriptor, in directories. */
#include "drivers/machine.h"
#include "drivers/tests/expect.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* As the kernel tells device numbers to user space. */
static uint32_t device_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return 0;
	return (minor(st.st_dev) & 0xff) | major(st.st_dev) << 8 |
	       (minor(st.st_dev) & ~0xffu) << 12;
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

/* A file with this text; closed again. */
static const char *file_with(struct test *t, const char *name, const char *text)
{
	const char *path = scratch(t, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	return path;
}

enum { CREATED = 0x4000 };

static void opens(struct test *t)
{
	const char *path = scratch(t, "opens"), *none = scratch(t, "none/file");
	long fd = SYS(SYS_open, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 04640);

	EXPECT(SYSCALL_OPEN_X, I(fd), T(path), I(0x3 | 0x4 | 0x20 | 0x1000 | CREATED), I(04640),
	       I(device_of((int)fd)), I(inode_of((int)fd)));
	close((int)fd);
	EXPECT(SYSCALL_OPEN_X, I(SYS(SYS_open, none, O_WRONLY | O_APPEND, 0777)), T(none),
	       I(0x2 | 0x8), I(0), I(0), I(0));
	EXPECT(SYSCALL_OPEN_X, I(SYS(SYS_open, 8, O_RDONLY, 0)), NONE, I(0x1), I(0), I(0), I(0));
	if (SYS_open == NO_CALL) {
		fd = SYS(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0640);
		EXPECT(SYSCALL_OPENAT_2_X, I(fd), I(-100), T(path), I(0x3 | 0x4 | CREATED), I(0640),
		       I(device_of((int)fd)), I(inode_of((int)fd)));
		close((int)fd);
	}
	fd = SYS(SYS_openat, AT_FDCWD, path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_DSYNC, 0);
	EXPECT(SYSCALL_OPENAT_2_X, I(fd), I(-100), T(path), I(0x2 | 0x100 | 0x40 | 0x90), I(0),
	       I(device_of((int)fd)), I(inode_of((int)fd)));
	close((int)fd);
	/* A directory shows as O_TMPFILE too, and then its mode is shown. */
	fd = SYS(SYS_openat, 77, scratch(t, ""), O_DIRECTORY | O_PATH, 0755);
	EXPECT(SYSCALL_OPENAT_2_X, I(fd), I(77), T(scratch(t, "")), I(0x1 | 0x400 | 0x2000),
	       I(0755), I(device_of((int)fd)), I(inode_of((int)fd)));
	close((int)fd);
	EXPECT(SYSCALL_OPENAT_2_X, I(SYS(SYS_openat, 999, "nothing", O_RDONLY, 0)), I(999),
	       T("nothing"), I(0x1), I(0), I(0), I(0));
	EXPECT(SYSCALL_OPENAT_2_X,
	       I(SYS(SYS_openat, 999, "nothing", O_RDWR | O_DIRECT | O_NOFOLLOW, 0)), I(999),
	       T("nothing"), I(0x3 | 0x200), I(0), I(0), I(0));
	EXPECT(SYSCALL_OPENAT_2_X, I(SYS(SYS_openat, 999, "nothing", MACHINE_O_LARGEFILE, 0)),
	       I(999), T("nothing"), I(0x1 | 0x800), I(0), I(0), I(0));
	fd = SYS(SYS_creat, path, 0604);
	EXPECT(SYSCALL_CREAT_X, I(fd), T(path), I(0604), I(device_of((int)fd)),
	       I(inode_of((int)fd)), I(0));
	close((int)fd);
	EXPECT(SYSCALL_CREAT_X, I(SYS(SYS_creat, none, 0604)), T(none), I(0604), I(0), I(0), I(0));
	unlink(path);
}

static void openat2(struct test *t)
{
	const char *path = scratch(t, "openat2");
	struct open_how how = { .flags = O_RDWR | O_CREAT,
				.mode = 0600,
				.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd = SYS(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

	EXPECT(SYSCALL_OPENAT2_X, I(fd), I(-100), T(path), I(0x3 | 0x4 | CREATED), I(0600),
	       I(0x4 | 0x8), I(device_of((int)fd)), I(inode_of((int)fd)));
	close((int)fd);
	how.resolve = RESOLVE_BENEATH;
	EXPECT(SYSCALL_OPENAT2_X, I(SYS(SYS_openat2, AT_FDCWD, "/etc", &how, sizeof how)), I(-100),
	       T("/etc"), I(0x3 | 0x4), I(0600), I(0x1), I(0), I(0));
	unlink(path);
}

static void opens_by_handle(struct test *t)
{
	const char *path = file_with(t, "handle", "x");
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + 128];
	} u = { .h.handle_bytes = 128 };
	int mount_id, dir = open(scratch(t, ""), O_RDONLY);
	long fd = -1;

	if (name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, 0) == 0)
		fd = SYS(SYS_open_by_handle_at, dir, &u, O_RDWR);
	if (fd >= 0) {
		char real[4096];

		CHECK(realpath(path, real) != NULL);
		EXPECT(SYSCALL_OPEN_BY_HANDLE_AT_X, I(fd), I(dir), I(0x3), HOLDS("/handle"),
		       I(device_of((int)fd)), I(inode_of((int)fd)));
		close((int)fd);
	}
	EXPECT(SYSCALL_OPEN_BY_HANDLE_AT_X, I(SYS(SYS_open_by_handle_at, AT_FDCWD, 8, O_WRONLY)),
	       I(-100), I(0x2), NONE, I(0), I(0));
	close(dir);
	unlink(path);
}

static void closes(struct test *t)
{
	int fd = dup(1);

	EXPECT(SYSCALL_CLOSE_X, I(SYS(SYS_close, fd)), I(fd));
	EXPECT(SYSCALL_CLOSE_X, I(SYS(SYS_close, -5)), I(-5));
	EXPECT(SYSCALL_CLOSE_RANGE_X, I(SYS(436, 70000, 70010, 4)), I(70000), I(70010), I(4));
	EXPECT(SYSCALL_CLOSE_RANGE_X, I(SYS(436, 70000, 70010, 0)), I(70000), I(70010), I(0));
	EXPECT(SYSCALL_CLOSE_RANGE_X, I(SYS(436, 9, 3, 0)), I(9), I(3), I(0));
}

static void reads_and_writes(struct test *t)
{
	static const char text[] =
		"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod "
		"tempor incididunt ut labore et dolore magna aliqua.";
	char in[200];
	int fd = open(scratch(t, "rw"), O_CREAT | O_RDWR, 0600);

	EXPECT(SYSCALL_WRITE_X, I(SYS(SYS_write, fd, text, sizeof text)), B(text, TEST_SNAPLEN),
	       I(fd), I(sizeof text));
	EXPECT(SYSCALL_WRITE_X, I(SYS(SYS_write, -1, text, 5)), B(text, 5), I(-1), I(5));
	EXPECT(SYSCALL_WRITE_X, I(SYS(SYS_write, fd, 8, 5)), NONE, I(fd), I(5));
	EXPECT(SYSCALL_PWRITE_X, I(SYS(SYS_pwrite64, fd, "ABC", 3, 6)), B("ABC", 3), I(fd), I(3),
	       I(6));
	EXPECT(SYSCALL_PWRITE_X, I(SYS(SYS_pwrite64, -1, "ABC", 3, 6)), B("ABC", 3), I(-1), I(3),
	       I(6));
	EXPECT(SYSCALL_PREAD_X, I(SYS(SYS_pread64, fd, in, 10, 4)), B("m ABCum do", 10), I(fd),
	       I(10), I(4));
	EXPECT(SYSCALL_PREAD_X, I(SYS(SYS_pread64, fd, in, 10, -1)), NONE, I(fd), I(10), I(-1));
	EXPECT(SYSCALL_LSEEK_X, I(SYS(SYS_lseek, fd, -8, SEEK_END)), I(fd), I(-8), I(2));
	EXPECT(SYSCALL_READ_X, I(SYS(SYS_read, fd, in, sizeof in)), B("aliqua.", 8), I(fd),
	       I(sizeof in));
	EXPECT(SYSCALL_READ_X, I(SYS(SYS_read, fd, in, 3)), NONE, I(fd), I(3));
	EXPECT(SYSCALL_READ_X, I(SYS(SYS_read, -3, in, 3)), NONE, I(-3), I(3));
	EXPECT(SYSCALL_LSEEK_X, I(SYS(SYS_lseek, -1, 7, SEEK_CUR)), I(-1), I(7), I(1));
	close(fd);
	unlink(scratch(t, "rw"));
}

static void vectors(struct test *t)
{
	char a[4], b[40], *c = NULL;
	const struct iovec out[3] = { { TEXT("Hello "), 6 },
				      { c, 0 },
				      { TEXT("world and all that is in it, and "
					     "more than anyone will keep of it"),
					65 } };
	const struct iovec in[2] = { { a, 4 }, { b, 40 } };
	const struct iovec bad[2] = { { TEXT("seen"), 4 }, { (void *)8, 4 } };
	int fd = open(scratch(t, "vectors"), O_CREAT | O_RDWR, 0600);

	EXPECT(SYSCALL_WRITEV_X, I(SYS(SYS_writev, fd, out, 3)),
	       B("Hello world and all that is in it, and more than anyone will keep of it",
		 TEST_SNAPLEN),
	       I(fd), I(71));
	EXPECT(SYSCALL_WRITEV_X, I(SYS(SYS_writev, -1, out, 1)), B("Hello ", 6), I(-1), I(6));
	EXPECT(SYSCALL_WRITEV_X, I(SYS(SYS_writev, -1, bad, 2)), B("seen", 4), I(-1), I(8));
	EXPECT(SYSCALL_WRITEV_X, I(SYS(SYS_writev, fd, 8, 2)), NONE, I(fd), I(0));
	EXPECT(SYSCALL_PWRITEV_X, I(SYS(SYS_pwritev, fd, out, 1, 100, 0)), B("Hello ", 6), I(fd),
	       I(6), I(100));
	EXPECT(SYSCALL_PWRITEV_X, I(SYS(SYS_pwritev, -1, out, 1, 100, 0)), B("Hello ", 6), I(-1),
	       I(6), I(100));
	EXPECT(SYSCALL_PREADV_X, I(SYS(SYS_preadv, fd, in, 2, 2, 0)), I(44),
	       B("llo world and all that is in it, and more th", 44), I(fd), I(2));
	EXPECT(SYSCALL_PREADV_X, I(SYS(SYS_preadv, -1, in, 2, 2, 0)), I(0), NONE, I(-1), I(2));
	lseek(fd, 0, SEEK_SET);
	EXPECT(SYSCALL_READV_X, I(SYS(SYS_readv, fd, in, 2)), I(44),
	       B("Hello world and all that is in it, and more ", 44), I(fd));
	EXPECT(SYSCALL_READV_X, I(SYS(SYS_readv, -1, in, 2)), I(0), NONE, I(-1));
	close(fd);
	unlink(scratch(t, "vectors"));
}

static void stats(struct test *t)
{
	const char *none = scratch(t, "not there");
	struct stat st;
	int fd = open("/", O_RDONLY);

	EXPECT(SYSCALL_STAT_X, I(SYS(SYS_stat, "/", &st)), T("/"));
	EXPECT(SYSCALL_STAT_X, I(SYS(SYS_stat, none, &st)), T(none));
	EXPECT(SYSCALL_LSTAT_X, I(SYS(SYS_lstat, "/proc/self", &st)), T("/proc/self"));
	EXPECT(SYSCALL_LSTAT_X, I(SYS(SYS_lstat, 0, &st)), NONE);
	EXPECT(SYSCALL_FSTAT_X, I(SYS(SYS_fstat, fd, &st)), I(fd));
	EXPECT(SYSCALL_FSTAT_X, I(SYS(SYS_fstat, -1, &st)), I(-1));
	EXPECT(SYSCALL_NEWFSTATAT_X, I(SYS(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH)), I(fd),
	       T(""), I(0x1000));
	EXPECT(SYSCALL_NEWFSTATAT_X,
	       I(SYS(SYS_newfstatat, AT_FDCWD, none, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT)),
	       I(-100), T(none), I(0x900));
	EXPECT(SYSCALL_ACCESS_X, I(SYS(SYS_access, "/", R_OK | X_OK)), T("/"), I(0x5));
	EXPECT(SYSCALL_ACCESS_X, I(SYS(SYS_access, none, F_OK)), T(none), I(0));
	close(fd);
}

static void directories(struct test *t)
{
	const char *dir = scratch(t, "dir \303\244 \377"), *sub = scratch(t, "sub");
	int fd = open(".", O_RDONLY | O_DIRECTORY);
	char buf[512];

	EXPECT(SYSCALL_MKDIR_2_X, I(SYS(SYS_mkdir, dir, 0751)), T(dir), I(0751));
	EXPECT(SYSCALL_MKDIR_2_X, I(SYS(SYS_mkdir, dir, 0751)), T(dir), I(0751));
	EXPECT(SYSCALL_MKDIR_2_X, I(SYS((1L << 32) | SYS_mkdir, dir, 0751)), T(dir), I(0751));
	if (SYS_mkdir == NO_CALL)
		EXPECT(SYSCALL_MKDIRAT_X, I(SYS((1L << 32) | SYS_mkdirat, AT_FDCWD, dir, 0751)),
		       I(-100), T(dir), I(0751));
	EXPECT(SYSCALL_MKDIRAT_X, I(SYS(SYS_mkdirat, AT_FDCWD, sub, 0700)), I(-100), T(sub),
	       I(0700));
	EXPECT(SYSCALL_MKDIRAT_X, I(SYS(SYS_mkdirat, -7, "x", 01777)), I(-7), T("x"), I(01777));
	EXPECT(SYSCALL_CHDIR_X, I(SYS(SYS_chdir, dir)), T(dir));
	EXPECT(SYSCALL_CHDIR_X, I(SYS(SYS_chdir, "/no/such/place")), T("/no/such/place"));
	EXPECT(SYSCALL_GETCWD_X, I(SYS(SYS_getcwd, buf, sizeof buf)), T(dir));
	EXPECT(SYSCALL_GETCWD_X, I(SYS(SYS_getcwd, buf, 2)), NONE);
	EXPECT(SYSCALL_FCHDIR_X, I(SYS(SYS_fchdir, fd)), I(fd));
	EXPECT(SYSCALL_FCHDIR_X, I(SYS(SYS_fchdir, 12345)), I(12345));
	EXPECT(SYSCALL_GETDENTS_X, I(SYS(SYS_getdents, fd, buf, sizeof buf)), I(fd));
	EXPECT(SYSCALL_GETDENTS_X, I(SYS(SYS_getdents, -1, buf, sizeof buf)), I(-1));
	EXPECT(SYSCALL_GETDENTS64_X, I(SYS(SYS_getdents64, fd, buf, sizeof buf)), I(fd));
	EXPECT(SYSCALL_GETDENTS64_X, I(SYS(SYS_getdents64, -1, buf, sizeof buf)), I(-1));
	close(fd);
	EXPECT(SYSCALL_RMDIR_2_X, I(SYS(SYS_rmdir, dir)), T(dir));
	EXPECT(SYSCALL_RMDIR_2_X, I(SYS(SYS_rmdir, dir)), T(dir));
	if (SYS_rmdir == NO_CALL)
		EXPECT(SYSCALL_UNLINKAT_2_X, I(SYS(SYS_unlinkat, AT_FDCWD, dir, AT_REMOVEDIR)),
		       I(-100), T(dir), I(0x200));
	EXPECT(SYSCALL_UNLINKAT_2_X, I(SYS(SYS_unlinkat, AT_FDCWD, sub, AT_REMOVEDIR)), I(-100),
	       T(sub), I(0x200));
	EXPECT(SYSCALL_UNLINKAT_2_X, I(SYS(SYS_unlinkat, 5000, "sub", 0)), I(5000), T("sub"), I(0));
}

static void names(struct test *t)
{
	const char *a = file_with(t, "a", "a"), *b = scratch(t, "b"), *c = scratch(t, "c");
	const char *d = scratch(t, "d");

	EXPECT(SYSCALL_RENAME_X, I(SYS(SYS_rename, a, b)), T(a), T(b));
	EXPECT(SYSCALL_RENAME_X, I(SYS(SYS_rename, a, 8)), T(a), NONE);
	if (SYS_rename == NO_CALL)
		EXPECT(SYSCALL_RENAMEAT_X, I(SYS(SYS_renameat, AT_FDCWD, a, AT_FDCWD, b)), I(-100),
		       T(a), I(-100), T(b));
	EXPECT(SYSCALL_RENAMEAT_X, I(SYS(SYS_renameat, AT_FDCWD, b, 3000, a)), I(-100), T(b),
	       I(3000), T(a));
	EXPECT(SYSCALL_RENAMEAT_X, I(SYS(SYS_renameat, 3000, "b", AT_FDCWD, a)), I(3000), T("b"),
	       I(-100), T(a));
	EXPECT(SYSCALL_RENAMEAT2_X, I(SYS(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 1)), I(-100),
	       T(a), I(-100), T(b), I(1));
	EXPECT(SYSCALL_RENAMEAT2_X, I(SYS(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2)), I(-100),
	       T(a), I(-100), T(b), I(2));
	EXPECT(SYSCALL_LINK_2_X, I(SYS(SYS_link, b, c)), T(b), T(c));
	EXPECT(SYSCALL_LINK_2_X, I(SYS(SYS_link, b, c)), T(b), T(c));
	EXPECT(SYSCALL_LINKAT_2_X, I(SYS(SYS_linkat, AT_FDCWD, b, AT_FDCWD, d, AT_SYMLINK_FOLLOW)),
	       I(-100), T(b), I(-100), T(d), I(0x400));
	EXPECT(SYSCALL_LINKAT_2_X, I(SYS(SYS_linkat, -1, "b", -2, "d", 0)), I(-1), T("b"), I(-2),
	       T("d"), I(0));
	unlink(c);
	EXPECT(SYSCALL_SYMLINK_X, I(SYS(SYS_symlink, "where", c)), T("where"), T(c));
	EXPECT(SYSCALL_SYMLINK_X, I(SYS(SYS_symlink, "where", c)), T("where"), T(c));
	unlink(c);
	EXPECT(SYSCALL_SYMLINKAT_X, I(SYS(SYS_symlinkat, "there", AT_FDCWD, c)), T("there"),
	       I(-100), T(c));
	EXPECT(SYSCALL_SYMLINKAT_X, I(SYS(SYS_symlinkat, "there", 4444, "c")), T("there"), I(4444),
	       T("c"));
	unlink(b);
	unlink(c);
	unlink(d);
}

static void unlinks(struct test *t)
{
	const char *a = file_with(t, "a", "a"), *b = file_with(t, "b", "b");

	EXPECT(SYSCALL_UNLINK_2_X, I(SYS(SYS_unlink, a)), T(a));
	EXPECT(SYSCALL_UNLINK_2_X, I(SYS(SYS_unlink, a)), T(a));
	if (SYS_unlink == NO_CALL)
		EXPECT(SYSCALL_UNLINKAT_2_X, I(SYS(SYS_unlinkat, AT_FDCWD, a, 0)), I(-100), T(a),
		       I(0));
	EXPECT(SYSCALL_UNLINKAT_2_X, I(SYS(SYS_unlinkat, AT_FDCWD, b, 0)), I(-100), T(b), I(0));
}

static void owners(struct test *t)
{
	const char *path = file_with(t, "owned", "x"), *none = scratch(t, "none");
	int fd = open(path, O_RDWR);

	EXPECT(SYSCALL_CHMOD_X, I(SYS(SYS_chmod, path, 06751)), T(path), I(06751));
	EXPECT(SYSCALL_CHMOD_X, I(SYS(SYS_chmod, none, 0644)), T(none), I(0644));
	EXPECT(SYSCALL_FCHMOD_X, I(SYS(SYS_fchmod, fd, 0600)), I(fd), I(0600));
	EXPECT(SYSCALL_FCHMOD_X, I(SYS(SYS_fchmod, -1, 0600)), I(-1), I(0600));
	EXPECT(SYSCALL_FCHMODAT_X, I(SYS(SYS_fchmodat, AT_FDCWD, path, 0640)), I(-100), T(path),
	       I(0640));
	EXPECT(SYSCALL_FCHMODAT_X, I(SYS(SYS_fchmodat, 3333, "x", 0640)), I(3333), T("x"), I(0640));
	EXPECT(SYSCALL_CHOWN_X, I(SYS(SYS_chown, path, 12, 34)), T(path), I(12), I(34));
	EXPECT(SYSCALL_CHOWN_X, I(SYS(SYS_chown, none, -1, 34)), T(none), I(-1), I(34));
	EXPECT(SYSCALL_LCHOWN_X, I(SYS(SYS_lchown, path, 0, -1)), T(path), I(0), I(-1));
	EXPECT(SYSCALL_LCHOWN_X, I(SYS(SYS_lchown, none, 0, 0)), T(none), I(0), I(0));
	EXPECT(SYSCALL_FCHOWN_X, I(SYS(SYS_fchown, fd, 0, 0)), I(fd), I(0), I(0));
	EXPECT(SYSCALL_FCHOWN_X, I(SYS(SYS_fchown, -1, 5, 6)), I(-1), I(5), I(6));
	EXPECT(SYSCALL_FCHOWNAT_X, I(SYS(SYS_fchownat, fd, "", 7, 8, AT_EMPTY_PATH)), I(fd), T(""),
	       I(7), I(8), I(0x1000));
	EXPECT(SYSCALL_FCHOWNAT_X, I(SYS(SYS_fchownat, 99, "no", 7, 8, 0)), I(99), T("no"), I(7),
	       I(8), I(0));
	EXPECT(SYSCALL_FLOCK_X, I(SYS(SYS_flock, fd, 6)), I(fd), I(6));
	EXPECT(SYSCALL_FLOCK_X, I(SYS(SYS_flock, -1, 8)), I(-1), I(8));
	close(fd);
	unlink(path);
}

static void nodes(struct test *t)
{
	const char *path = scratch(t, "node");

	EXPECT(SYSCALL_MKNOD_X, I(SYS(SYS_mknod, path, S_IFIFO | 0600, 0)), T(path),
	       I(0x1000 | 0600), I(0));
	EXPECT(SYSCALL_MKNOD_X, I(SYS(SYS_mknod, path, 0644, 0x103)), T(path), I(0x8000 | 0644),
	       I(0x100003));
	unlink(path);
	EXPECT(SYSCALL_MKNODAT_X, I(SYS(SYS_mknodat, AT_FDCWD, path, S_IFSOCK | 0600, 0)), I(-100),
	       T(path), I(0xc000 | 0600), I(0));
	EXPECT(SYSCALL_MKNODAT_X, I(SYS(SYS_mknodat, 1234, "n", S_IFDIR | 0600, 0)), I(1234),
	       T("n"), I(0600), I(0));
	unlink(path);
}

static void copies(struct test *t)
{
	const char *from = file_with(t, "from", "0123456789"), *to = file_with(t, "to", "");
	int in = open(from, O_RDONLY), out = open(to, O_RDWR), pipes[2];
	int64_t off_in = 2, off_out = 0;
	off_t off = 3;

	CHECK(pipe(pipes) == 0);
	EXPECT(SYSCALL_COPY_FILE_RANGE_X,
	       I(SYS(SYS_copy_file_range, in, &off_in, out, &off_out, 4, 0)), I(out),
	       I((intptr_t)&off_out), I(in), I((intptr_t)&off_in), I(4));
	EXPECT(SYSCALL_COPY_FILE_RANGE_X, I(SYS(SYS_copy_file_range, -1, 0, -2, 0, 4, 0)), I(-2),
	       I(0), I(-1), I(0), I(4));
	/* The offset is the one behind what was sent. */
	EXPECT(SYSCALL_SENDFILE_X, I(SYS(SYS_sendfile, out, in, &off, 5)), I(8), I(out), I(in),
	       I(5));
	EXPECT(SYSCALL_SENDFILE_X, I(SYS(SYS_sendfile, -1, in, 0, 5)), I(0), I(-1), I(in), I(5));
	EXPECT(SYSCALL_SPLICE_X, I(SYS(SYS_splice, in, 0, pipes[1], 0, 3, 6)), I(in), I(pipes[1]),
	       I(3), I(6));
	EXPECT(SYSCALL_SPLICE_X, I(SYS(SYS_splice, -1, 0, -2, 0, 3, 1)), I(-1), I(-2), I(3), I(1));
	close(pipes[0]);
	close(pipes[1]);
	close(in);
	close(out);
	unlink(from);
	unlink(to);
}

/* In a mount namespace of its own. */
static void mounts(struct test *t)
{
	const char *dir = scratch(t, "mnt");
	int ends[2];
	pid_t child;

	mkdir(dir, 0700);
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0) {
		long got[4] = { 0 };

		if (unshare(CLONE_NEWNS) == 0)
			mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
		got[0] = SYS(SYS_mount, "source", dir, "tmpfs", 0xc0ed0000 | MS_NOSUID | MS_NODEV,
			     0);
		got[1] = SYS(SYS_umount2, dir, MNT_DETACH);
		got[2] = SYS(SYS_chroot, dir);
		if (write(ends[1], got, sizeof got) < 0)
			_exit(1);
		_exit(0);
	}
	long got[4] = { -1 };

	CHECK(read(ends[0], got, sizeof got) == (ssize_t)sizeof got);
	waitpid(child, NULL, 0);
	EXPECT_OF(child, SYSCALL_UNSHARE_X, I(0), I(0x20));
	EXPECT_OF(child, SYSCALL_MOUNT_X, I(0), T("none"), T("/"), NONE, I(MS_REC | MS_PRIVATE));
	EXPECT_OF(child, SYSCALL_MOUNT_X, I(got[0]), T("source"), T(dir), T("tmpfs"),
		  I(MS_NOSUID | MS_NODEV));
	EXPECT_OF(child, SYSCALL_UMOUNT2_X, I(got[1]), T(dir), I(2));
	EXPECT_OF(child, SYSCALL_CHROOT_X, I(got[2]), T(dir));
	EXPECT(SYSCALL_MOUNT_X, I(SYS(SYS_mount, 0, "/nowhere", "nofs", MS_RDONLY, 0)), NONE,
	       T("/nowhere"), T("nofs"), I(1));
	EXPECT(SYSCALL_UMOUNT2_X, I(SYS(SYS_umount2, "/nowhere", 0xb)), T("/nowhere"), I(0xb));
	EXPECT(SYSCALL_CHROOT_X, I(SYS(SYS_chroot, "/nowhere")), T("/nowhere"));
	close(ends[0]);
	close(ends[1]);
	rmdir(dir);
}

static void fsconfigs(struct test *t)
{
	long fs = SYS(430, "tmpfs", 0); /* fsopen */

	EXPECT(SYSCALL_FSCONFIG_X, I(SYS(431, fs, 1, "size", "1m", 0)), I(fs), I(1), T("size"),
	       NONE, T("1m"), I(0));
	EXPECT(SYSCALL_FSCONFIG_X, I(SYS(431, fs, 2, "size", "\1\2\3", 3)), I(fs), I(2), T("size"),
	       NONE, NONE, I(3));
	EXPECT(SYSCALL_FSCONFIG_X, I(SYS(431, -1, 0, "ro", 0, 0)), I(-1), I(0), T("ro"), NONE, NONE,
	       I(0));
	close((int)fs);
}

static void quotas(struct test *t)
{
	struct {
		uint64_t limits[8];
		uint32_t valid;
	} block = { { 1, 2, 3, 4, 5, 6, 7, 8 }, 0x3f };

	/* Q_SETQUOTA, of a user, on no device */
	EXPECT(SYSCALL_QUOTACTL_X, I(SYS(SYS_quotactl, 0x80000800, "/dev/none", 42, &block)),
	       T("/dev/none"), NONE, I(1), I(2), I(3), I(4), I(5), I(7), I(8), I(0), I(0), I(0),
	       I(1), I(0x40), I(1), I(42), I(1));
	/* Q_QUOTAON, of groups, format vfsv0 */
	EXPECT(SYSCALL_QUOTACTL_X, I(SYS(SYS_quotactl, 0x80000201, "/dev/none", 2, "/quota")),
	       T("/dev/none"), T("/quota"), I(0), I(0), I(0), I(0), I(0), I(0), I(0), I(0), I(0),
	       I(0), I(1), I(1), I(2), I(0), I(4));
}

/* 4096 bytes are kept of a name, the NUL included. */
static void long_names(struct test *t)
{
	static char name[5000];
	char cut[4096];

	memset(name, 'n', sizeof name - 1);
	memset(cut, 'n', sizeof cut - 1);
	cut[sizeof cut - 1] = 0;
	EXPECT(SYSCALL_RMDIR_2_X, I(SYS(SYS_rmdir, name)), B(cut, sizeof cut));
	EXPECT(SYSCALL_CHDIR_X, I(SYS(SYS_chdir, name)), B(cut, sizeof cut));
}

const struct test_case cases_files[] = {
	{ "opens", opens },
	{ "openat2", openat2 },
	{ "opens_by_handle", opens_by_handle },
	{ "closes", closes },
	{ "reads_and_writes", reads_and_writes },
	{ "vectors", vectors },
	{ "stats", stats },
	{ "directories", directories },
	{ "names", names },
	{ "unlinks", unlinks },
	{ "long_names", long_names },
	{ "owners", owners },
	{ "nodes", nodes },
	{ "copies", copies },
	{ "mounts", mounts },
	{ "fsconfigs", fsconfigs },
	{ "quotas", quotas },
	{ NULL, NULL },
};
