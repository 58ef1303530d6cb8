/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One recording: the memory that is shared with the reader, and what each CPU keeps for itself.
 *
 * The reader can write the settings and the state of the CPUs.  So the kernel reads two things
 * there, settings and the reader's position, each once, and checks them; all else that it shows it
 * never reads back.
 */
#ifndef SAKER_KMOD_SESSION_H
#define SAKER_KMOD_SESSION_H

#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "drivers/wire.h"

struct saker_cpu {
	struct wire_cpu own; /* what drivers/common/ works with; its counters and tail are unused */
	struct wire_cpu *shown;    /* to the reader */
	__u8 *ring;                /* NULL: the CPU was not there when the session began */
	const struct entry *entry; /* of the system call that is being recorded, if it has one */
	__u32 snaplen;             /* while a record is being written */
};

struct session {
	struct wire_layout layout;
	struct wire_settings *settings; /* shared */
	struct wire_cpu *cpus;          /* shared, by number */
	struct saker_cpu __percpu *percpu;
	struct entries *entries; /* NULL: paths are read when calls end */
	struct mutex lock; /* of the rest; never taken in mmap, which the readers of user memory may
			      hold */
	bool ready;        /* the above is there for good */
	unsigned long attached; /* bit = hook */
	struct kprobe uses[2];  /* of paths, of addresses */
	bool uses_attached;
};

/* Find the hooks in this kernel.  -ENXIO when one is missing that every recording needs. */
int hooks_find(void);
/*
 * An enum wire_paths, or -ENXIO when one is missing that the settings want.  On failure none is
 * attached.
 */
int hooks_attach(struct session *s);
/* No probe runs once this has returned. */
void hooks_detach(struct session *s);

#endif
