/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of capture.def as code.  Whoever includes that gives CAPTURE(SYMBOL, steps): a function
 * that has `struct record *r`, the types of its parameters as `types` and a `struct opened opened`.
 */
#ifndef SAKER_COMMON_ROWS_H
#define SAKER_COMMON_ROWS_H

#include "drivers/common/events.h"
#include "drivers/common/net.h"
#include "drivers/common/process.h"
#include "drivers/common/special.h"

#define PUT(v)       put_int(r, type_size(types[r->n]), v);
#define RET          PUT(r->ret)
#define ARG(i)       PUT(type_is_int_handle(types[r->n]) ? (__u64)(__s64)(__s32)A(i) : A(i))
#define ARG_RAW(i)   PUT(A(i))
#define INT(i)       PUT((__s64)(__s32)A(i))
#define UINT(i)      PUT((__u32)A(i))
#define CONST(v)     PUT(v)
#define CONV(i, how) PUT(convert_##how(A(i)))
#define LONG_LONG(high, low) PUT(A(high) << 32 | (__u32)A(low))
#define TEXT(i)      put_text_user(r, A(i));
#define TEXT_OK(i)   put_text_user(r, r->ret >= 0 ? A(i) : 0);
#define GIVEN_TEXT(i) put_given_text(r, A(i));
#define READ_DATA(i) put_read_data(r, A(i));
#define GIVEN_DATA(i, size)   put_given_data(r, A(i), size);
#define WRITTEN_DATA(i, size) put_written_data(r, A(i), size);
#define READ_IOV(i)    put_read_iov(r, A(i), A(i + 1));
#define WRITTEN_IOV(i) put_written_iov(r, A(i), A(i + 1));
#define IOV_SIZE(i)    PUT(iov_size(r, A(i), A(i + 1)))
#define RET_SIZE       PUT(r->ret > 0 ? r->ret : 0)
#define POINTED(i, k, kind) PUT(pointed_user(r, A(i), k, kind))
#define POINTED_OK(i, k, kind, other) PUT(r->ret >= 0 ? pointed_user(r, A(i), k, kind) : (other))
#define TIME(i)        put_time(r, A(i));
#define ADDRESS(i)     put_address(r, A(i), A(i + 1), true);
#define GIVEN_ADDRESS(i) put_given_address(r, A(i), A(i + 1));
#define TUPLE_OK(fd, dir, name) put_tuple_ok(r, fd, dir, name, r->ret >= 0);
#define TUPLE_CONNECTED                                                                            \
	put_tuple_ok(r, A(0), OUT, A(1), r->ret == 0 || r->ret == -EINPROGRESS);
#define OPENED       look_at_opened(r, &opened);
#define OPENED_PATH  put_file_path(r, opened.file);
#define OPEN_FLAGS(v) PUT(convert_open_flags(v) | opened.flags)
#define OPEN_MODE(flags, mode) PUT(convert_open_mode(flags, mode))
#define DEVICE       PUT(opened.dev)
#define INODE        PUT(opened.ino)
#define LAYER        PUT(opened.layer)
#define PIPE         put_pipe(r, A(0));
#define FD_LIST      put_fd_list(r, A(0), A(1));
#define VM_SIZE      PUT(vm_size(PEEK(this_task(), mm)))
#define VM_RSS       PUT(vm_rss(PEEK(this_task(), mm)))
#define VM_SWAP      PUT(vm_swap(PEEK(this_task(), mm)))
#define CAPABILITIES put_capabilities(r, cred_of(this_task()));
#define MANY(n, name) capture_##name(r);
#define FAILED
#define capture_open_how(r) put_open_how(r, &opened)

#endif
