// SPDX-License-Identifier: GPL-2.0
/* The character device: one reader at a time, its memory, and an end whichever way it leaves. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ioctl.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "drivers/kmod/compat.h"

#include "drivers/kmod/device.h"
#include "drivers/kmod/entry.h"
#include "drivers/kmod/session.h"

#ifndef CONFIG_64BIT
#error "saker needs a 64-bit kernel"
#endif

static unsigned long in_use; /* bit 0 */

static void free_session(struct session *s)
{
	int cpu;

	if (s->percpu) {
		for_each_possible_cpu(cpu) vfree(per_cpu_ptr(s->percpu, cpu)->ring);
	}
	free_percpu(s->percpu);
	vfree(s->entries);
	vfree(s->cpus);
	vfree(s->settings);
	kfree(s);
}

static int saker_open(struct inode *inode, struct file *file)
{
	struct session *s;

	if (!may_capture())
		return -EPERM;
	if (test_and_set_bit(0, &in_use))
		return -EBUSY;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s) {
		clear_bit(0, &in_use);
		return -ENOMEM;
	}
	mutex_init(&s->lock);
	file->private_data = s;
	return 0;
}

/* Runs when the reader and all its mappings are gone, be it by close, exit or SIGKILL. */
static int saker_release(struct inode *inode, struct file *file)
{
	struct session *s = file->private_data;

	hooks_detach(s);
	free_session(s);
	clear_bit_unlock(0, &in_use);
	return 0;
}

/* --- memory --- */

static bool layout_is_sane(const struct kmod_setup *setup)
{
	return setup->chunk_shift >= WIRE_MIN_CHUNK_SHIFT &&
	       setup->chunk_shift <= WIRE_MAX_CHUNK_SHIFT && is_power_of_2(setup->nchunks) &&
	       setup->chunk_shift + ilog2(setup->nchunks) <= KMOD_MAX_RING_SHIFT;
}

/* A typing error must not send the host out of memory. */
static bool memory_suffices(const struct wire_layout *layout)
{
	struct sysinfo info;

	si_meminfo(&info);
	return layout->ring_bytes * num_online_cpus() <= (u64)info.totalram * info.mem_unit / 2;
}

static int allocate(struct session *s)
{
	int cpu;

	s->settings = vzalloc(PAGE_ALIGN(sizeof(*s->settings)));
	s->cpus = vzalloc(PAGE_ALIGN(sizeof(*s->cpus) * nr_cpu_ids));
	s->percpu = alloc_percpu(struct saker_cpu);
	if (s->layout.paths)
		s->entries = vzalloc(sizeof(*s->entries));
	if (!s->settings || !s->cpus || !s->percpu || (s->layout.paths && !s->entries) ||
	    !memory_suffices(&s->layout))
		return -ENOMEM;
	for_each_possible_cpu(cpu) per_cpu_ptr(s->percpu, cpu)->shown = &s->cpus[cpu];
	for_each_online_cpu(cpu)
	{
		struct saker_cpu *c = per_cpu_ptr(s->percpu, cpu);

		c->ring = vzalloc_node(s->layout.ring_bytes, cpu_to_node(cpu));
		if (!c->ring)
			return -ENOMEM;
	}
	return 0;
}

/* Once per session: a failure leaves one that can only be closed. */
static int set_up(struct session *s, struct kmod_setup *setup)
{
	int error;

	if (setup->version != KMOD_VERSION)
		return -EPROTO;
	if (!layout_is_sane(setup))
		return -EINVAL;
	if (s->settings)
		return -EALREADY;
	s->layout.chunk_shift = setup->chunk_shift;
	s->layout.nchunks = setup->nchunks;
	s->layout.chunk_bytes = 1ull << setup->chunk_shift;
	s->layout.ring_bytes = s->layout.chunk_bytes * setup->nchunks;
	s->layout.paths = setup->entry ? WIRE_AT_USE : WIRE_AT_EXIT;
	setup->ncpus = nr_cpu_ids;
	error = allocate(s);
	if (!error)
		smp_store_release(&s->ready, true);
	return error;
}

static int insert(struct vm_area_struct *vma, unsigned long at, void *memory, size_t n)
{
	size_t off;
	int error;

	for (off = 0; off < n; off += PAGE_SIZE) {
		error = vm_insert_page(vma, at + off, vmalloc_to_page(memory + off));
		if (error)
			return error;
		cond_resched();
	}
	return 0;
}

static int insert_rings(struct vm_area_struct *vma, struct session *s)
{
	int cpu, error;

	forbid_writing(vma);
	for_each_possible_cpu(cpu)
	{
		void *ring = per_cpu_ptr(s->percpu, cpu)->ring;

		if (!ring)
			continue;
		error = insert(vma, vma->vm_start + cpu * s->layout.ring_bytes, ring,
			       s->layout.ring_bytes);
		if (error)
			return error;
	}
	return 0;
}

static int saker_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct session *s = file->private_data;
	size_t n = vma->vm_end - vma->vm_start;

	if (!smp_load_acquire(&s->ready) || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	keep_out_of_dumps(vma);
	switch ((u64)vma->vm_pgoff << PAGE_SHIFT) {
	case KMOD_SETTINGS:
		if (n != PAGE_ALIGN(sizeof(*s->settings)))
			return -EINVAL;
		return insert(vma, vma->vm_start, s->settings, n);
	case KMOD_CPUS:
		if (n != PAGE_ALIGN(sizeof(*s->cpus) * nr_cpu_ids))
			return -EINVAL;
		return insert(vma, vma->vm_start, s->cpus, n);
	case KMOD_RINGS:
		if (n != s->layout.ring_bytes * nr_cpu_ids)
			return -EINVAL;
		if (vma->vm_flags & VM_WRITE)
			return -EPERM;
		return insert_rings(vma, s);
	}
	return -EINVAL;
}

/* --- orders --- */

static long saker_ioctl(struct file *file, unsigned int order, unsigned long arg)
{
	struct kmod_setup __user *user = (struct kmod_setup __user *)arg;
	struct session *s = file->private_data;
	struct kmod_setup setup = { 0 };
	long error = 0;

	/* User memory is not touched under the lock: a fault there takes locks of its own. */
	if (order == KMOD_SETUP && copy_from_user(&setup, user, sizeof(setup)))
		return -EFAULT;
	mutex_lock(&s->lock);
	switch (order) {
	case KMOD_SETUP:
		error = set_up(s, &setup);
		break;
	case KMOD_START:
		error = s->ready ? hooks_attach(s) : -EINVAL;
		break;
	case KMOD_STOP:
		hooks_detach(s);
		break;
	default:
		error = -ENOTTY;
	}
	mutex_unlock(&s->lock);
	if (order == KMOD_SETUP && !error && copy_to_user(user, &setup, sizeof(setup)))
		return -EFAULT;
	return error;
}

static const struct file_operations saker_fops = {
	.owner = THIS_MODULE, /* the module stays as long as somebody reads */
	.open = saker_open,
	.release = saker_release,
	.mmap = saker_mmap,
	.unlocked_ioctl = saker_ioctl,
};

static struct miscdevice saker_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KMOD_NAME,
	.fops = &saker_fops,
	.mode = 0600,
};

static int __init saker_init(void)
{
	int error = hooks_find();

	return error ? error : misc_register(&saker_device);
}

static void __exit saker_exit(void)
{
	misc_deregister(&saker_device);
}

module_init(saker_init);
module_exit(saker_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Saker: kernel events for rec(1)");
MODULE_VERSION("1");
