#!/usr/bin/env python3
"""make_traces.py : write testdata/bad/* (each damaged in the one way its name says) and the synthetic
traces of testdata/traces/synthetic-*.  Everything is made by hand from the format's description and
does not depend on our writer.  Run it in testdata/ and review the diff."""
import gzip
import os
import struct

SHB, MI, EV, EVF, EV_LARGE, EVF_LARGE = 0x0A0D0D0A, 0x201, 0x216, 0x217, 0x221, 0x222
EV1, EV1_FLAGS, IL1, IL2, UL1, UL2, FDL1, FDL2 = 0x204, 0x208, 0x205, 0x219, 0x206, 0x220, 0x203, 0x218
PL = {1: 0x202, 2: 0x207, 3: 0x209, 4: 0x210, 5: 0x211, 6: 0x212, 7: 0x213, 8: 0x214, 9: 0x215}
GETTIME = 1500000000 * 10**9

# event ids used below
OPEN_E, OPEN_X, CLOSE_E, CLOSE_X, READ_E, READ_X = 2, 3, 4, 5, 6, 7
BRK_E, BRK_X, PROCEXIT_OLD, PROCEXIT_X_UNUSED = 10, 11, 16, 17
CLONE_OLD_E, CONTAINER, CONTAINER_JSON = 14, 228, 324
DROP_E, DROP_X = 148, 149
NOTIFICATION, PROCINFO, PLUGINEVENT = 280, 234, 322


def u8(v): return struct.pack('<B', v)
def u16(v): return struct.pack('<H', v)
def u32(v): return struct.pack('<I', v)
def u64(v): return struct.pack('<Q', v & 2**64 - 1)
def s16(b): return u16(len(b)) + b


def block(kind, body, length=None, trailer=None, pad=True):
    if pad:
        body += b'\0' * (-len(body) % 4)
    n = 12 + len(body) if length is None else length
    return u32(kind) + u32(n) + body + u32(n if trailer is None else trailer)


def section(magic=0x1A2B3C4D, major=1, minor=2, options=b'', **kw):
    return block(SHB, u32(magic) + u16(major) + u16(minor) + u64(-1) + options, **kw)


def machine_body(host=b'lab', cpus=2):
    return u32(cpus) + u64(4 << 30) + u64(0) + host.ljust(128, b'\0') + u64(GETTIME) + u64(0) * 3


def machine(kind=MI, **kw):
    return block(kind, machine_body(), **kw)


def iface(kind=1, name=b'lo', v2=True, length=None, extra=b'', name_len=None):
    n = 4 if kind in (1, 3) else 16
    body = u16(kind) + u16(len(name) if name_len is None else name_len) + b'\x7f' + b'\0' * (n - 2) + b'\1'
    body += b'\xff' * n + b'\xff' * n + (u64(10) if kind in (1, 2) else b'') + name + extra
    return (u32(len(body) if length is None else length) if v2 else b'') + body


def entry(body, length=None, v2=True):
    return (u32(len(body) + 4 if length is None else length) if v2 else b'') + body


def user(name=b'root', home=b'/root', shell=b'/bin/sh', uid=0, **kw):
    return entry(u8(0) + u32(uid) + u32(0) + s16(name) + s16(home) + s16(shell), **kw)


def group(name=b'root', gid=0, kind=1, **kw):
    return entry(u8(kind) + u32(gid) + s16(name), **kw)


def proc(version=9, tid=10, comm=b'sh', exe=b'/bin/sh', exepath=b'/usr/bin/sh', args=b'-c\0ls\0', cwd=b'/tmp/',
         env=b'A=1\0', cgroups=b'cpu=/\0', root=b'/', tail=None, length=None):
    b = u64(tid) + u64(tid) + u64(1)
    if version >= 6:
        b += u64(7)
    if version >= 8:
        b += u64(8)
    b += s16(comm) + s16(exe)
    if version >= 7:
        b += s16(exepath)
    b += s16(args) + s16(cwd) + u64(1024) + u32(0) + u32(1000) + u32(1001)
    if version >= 2:
        b += u32(100) + u32(50) + u32(0) + u64(3) + u64(4)
    if version >= 3:
        b += s16(env)
    if version >= 4:
        b += u64(2) + u64(2) + s16(cgroups)
    if version >= 5:
        b += s16(root)
    if version < 9:
        return b
    if tail is None:
        tail = (u64(99) + u32(34816) + u32(1000) + u8(1) + u64(1) + u64(2) + u64(3) + u8(1) + u64(14) + u64(15) +
                u64(16) + u8(1) + u8(1) + u64(7))
    return entry(b + tail, length)


def fd(kind=16, num=0, payload=None, v2=True, length=None):
    if payload is None:
        payload = {3: b'\x0a\0\0\1' + b'\x0a\0\0\2' + u16(40000) + u16(443) + u8(2),
                   5: b'\0\0\0\0' + u16(80) + u8(2),
                   4: b'\0' * 15 + b'\1' + b'\0' * 15 + b'\1' + u16(1) + u16(2) + u8(2),
                   6: b'\0' * 16 + u16(53) + u8(3),
                   8: u64(1) + u64(2) + s16(b'/run/x'),
                   16: u32(1) + s16(b'/etc/passwd') + (u32(0x801) if v2 else b''),
                   0: b''}.get(kind, s16(b'name'))
    return entry(u64(num) + u64(77) + u8(kind) + payload, length, v2)


def fds(entries, tid=10, v2=True, kind=None, **kw):
    return block(kind or (FDL2 if v2 else FDL1), u64(tid) + entries, **kw)


seq = [0]


def ev(kind, *params, tid=10, large=False, length=None, nparams=None, lens=None, extra=b'', v1=False, ts=None):
    seq[0] += 1
    width = 4 if large else 2
    sizes = [len(p) for p in params] if lens is None else lens
    body = b''.join(n.to_bytes(width, 'little') for n in sizes) + b''.join(params) + extra
    n = (22 if v1 else 26) + len(body) if length is None else length
    head = u64(GETTIME + seq[0] if ts is None else ts) + u64(tid) + u32(n) + u16(kind)
    return head + (b'' if v1 else u32(len(params) if nparams is None else nparams)) + body


def evb(event, kind=EV, cpu=1, flags=None, **kw):
    return block(kind, u16(cpu) + (b'' if flags is None else u32(flags)) + event, **kw)


def close_x(**kw):
    return ev(CLOSE_X, u64(0), u64(3), **kw)


def good():
    """The head of a trace and one event, so that what follows is not the section's first."""
    seq[0] = 0
    return section() + machine() + evb(close_x())


def meta(body):
    seq[0] = 0
    return section() + body + evb(close_x())


BAD = {}


def bad(name, data):
    assert name not in BAD
    BAD[name] = data


def make_bad():
    text = b'n' * 300
    path = b'p' * 1025
    items = b'a' * 4097

    bad('empty', b'')
    bad('not-a-trace', b'#!/bin/sh\necho hello\n')
    bad('gzip-of-something-else', gzip.compress(b'#!/bin/sh\necho hello\n', mtime=0))
    bad('first-block-is-not-a-section', gzip.compress(machine() + good(), mtime=0))

    # blocks
    bad('cut-in-block-header', good() + u32(EV) + b'\x20')
    bad('cut-in-section-header', section()[:20])
    bad('cut-in-machine-info', section() + machine()[:100])
    bad('cut-in-user-list', section() + block(UL2, user() + group() + user())[:60])
    bad('cut-in-process-list', section() + block(PL[9], proc() + proc(tid=11))[:400])
    bad('cut-in-fd-list-tid', section() + fds(fd())[:12])
    bad('cut-in-unknown-block', section() + block(0x999, b'x' * 40)[:30])
    bad('cut-in-event', good() + evb(close_x())[:40])
    bad('block-shorter-than-its-frame', good() + u32(EV) + u32(8) + u32(8))
    bad('list-too-long-for-memory', section() + u32(PL[9]) + u32(300 << 20) + b'\0' * 64)
    bad('unknown-block-trailer-differs', meta(block(0x999, b'x' * 40, trailer=51)))
    bad('machine-info-among-events', good() + machine() + evb(close_x()))
    bad('unknown-block-among-events', good() + block(0x999, b'x' * 40) + evb(close_x()))

    # section header and machine info
    bad('section-header-too-short', block(SHB, u32(0x1A2B3C4D) + u16(1) + u16(2)))
    bad('section-header-big-endian', section(magic=0x4D3C2B1A))
    bad('section-header-newer-major', section(major=2))
    bad('second-section-newer-major', good() + section(major=2))
    bad('machine-info-too-short', meta(block(MI, machine_body()[:176])))
    bad('machine-info-too-long', meta(block(MI, machine_body() + b'\0' * 8)))
    bad('machine-info-trailer-differs', meta(machine(trailer=196)))

    # lists
    bad('list-trailer-differs', meta(block(UL2, user() + group(), trailer=4)))
    bad('iface-of-unknown-type', meta(block(IL2, iface() + iface(kind=9))))
    bad('iface-name-too-long', meta(block(IL2, iface(name=b'n' * 1024))))
    bad('iface-past-its-block', meta(block(IL1, iface(v2=False, name_len=900))))
    bad('iface-cut-before-its-type', meta(block(IL2, iface() + u32(2) + u16(1), pad=False)))
    bad('iface-shorter-than-its-fields', meta(block(IL2, iface(length=20) + iface())))
    bad('iface-longer-than-its-block', meta(block(IL2, iface(length=100))))
    bad('iface-length-overflows', meta(block(IL2, iface(length=2**32 - 2))))
    bad('user-name-too-long', meta(block(UL2, user(name=text))))
    bad('user-home-too-long', meta(block(UL2, user(home=text))))
    bad('user-shell-too-long', meta(block(UL2, user(shell=text))))
    bad('group-name-too-long', meta(block(UL1, group(name=text, v2=False))))
    bad('user-past-its-block', meta(block(UL1, user(v2=False)[:-4])))
    bad('user-shorter-than-its-fields', meta(block(UL2, user(length=12) + user())))
    bad('user-longer-than-its-block', meta(block(UL2, user(length=400))))
    bad('proc-comm-too-long', meta(block(PL[9], proc(comm=path))))
    bad('proc-exe-too-long', meta(block(PL[1], proc(1, exe=path))))
    bad('proc-exepath-too-long', meta(block(PL[7], proc(7, exepath=path))))
    bad('proc-args-too-long', meta(block(PL[9], proc(args=items))))
    bad('proc-cwd-too-long', meta(block(PL[9], proc(cwd=path))))
    bad('proc-env-too-long', meta(block(PL[3], proc(3, env=items))))
    bad('proc-cgroups-too-long', meta(block(PL[4], proc(4, cgroups=items))))
    bad('proc-root-too-long', meta(block(PL[5], proc(5, root=path))))
    bad('proc-past-its-block', meta(block(PL[8], proc(8)[:-8])))
    bad('proc-shorter-than-its-fields', meta(block(PL[9], proc(length=60) + proc())))
    bad('proc-longer-than-its-block', meta(block(PL[9], proc(length=500))))
    bad('fd-list-without-tid', meta(block(FDL2, u32(10))))
    bad('fd-name-too-long', meta(fds(fd(1, payload=s16(b'n' * 1024)))))
    bad('fd-unix-path-too-long', meta(fds(fd(8, payload=u64(1) + u64(2) + s16(b'n' * 1024)))))
    bad('fd-file-path-too-long', meta(fds(fd(16, payload=u32(1) + s16(b'n' * 1024) + u32(1)))))
    bad('fd-of-unknown-type-without-length', meta(fds(fd(99, v2=False), v2=False)))
    bad('fd-past-its-block', meta(fds(fd(3, v2=False)[:-4], v2=False)))
    bad('fd-shorter-than-its-fields', meta(fds(fd(length=20) + fd())))
    bad('fd-longer-than-its-block', meta(fds(fd(length=300))))

    # events
    bad('event-block-too-short', good() + block(EV, u16(1) + close_x()[:24], pad=False))
    bad('event-block-too-long', gzip.compress(good() + evb(ev(PLUGINEVENT, u32(1), b'x' * 66000, large=True)),
                                              mtime=0))
    bad('event-shorter-than-its-header', good() + evb(close_x(length=25)))
    bad('event-longer-than-its-block', good() + evb(close_x(length=100)))
    bad('event-with-too-many-lengths', good() + evb(close_x(nparams=1000)))
    bad('event-param-past-its-end', good() + evb(close_x(lens=[8, 9])))
    bad('event-large-param-past-its-end', good() + evb(ev(PLUGINEVENT, u32(1), b'xy', lens=[4, 2**32 - 1], large=True)))
    bad('event-v1-shorter-than-its-header', good() + evb(close_x(v1=True, length=21), EV1))
    bad('event-v1-longer-than-its-block', good() + evb(close_x(v1=True, length=60), EV1))
    bad('event-v1-params-leave-bytes', good() + evb(close_x(v1=True, extra=b'xyz'), EV1))
    bad('event-v1-params-never-fit', good() + evb(close_x(v1=True, lens=[8, 9]), EV1))

    # upgrades
    bad('upgrade-more-params-than-known', good() + evb(ev(CLOSE_X, u64(0), u64(3), u64(4))))
    bad('upgrade-no-such-number-of-params', good() + evb(ev(OPEN_X, u64(3))))
    bad('upgrade-enter-of-another-event', good() + evb(ev(READ_E, u64(3), u32(9))) + evb(ev(CLOSE_X, u64(0))))
    bad('upgrade-event-too-long', gzip.compress(
        good() + evb(ev(READ_X, u64(0), b'x' * 65520), kind=EV_LARGE), mtime=0))
    bad('upgrade-result-too-long', gzip.compress(
        good() + evb(ev(READ_X, u64(0), b'x' * 65490), kind=EV), mtime=0))
    bad('upgrade-container-too-long', gzip.compress(
        good() + evb(ev(CONTAINER, b'i' * 32760 + b'\0', u32(2**32 - 1), b'n\0', b'm' * 32734 + b'\0'),
                   EV_LARGE), mtime=0))

    # gzip
    whole = gzip.compress(good() + evb(close_x()), mtime=0)
    bad('gzip-cut', whole[:-20])
    bad('gzip-cut-in-trailer', whole[:-3])
    bad('gzip-wrong-checksum', whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:])
    raw = bytearray(gzip.compress(good() + evb(close_x()) * 3, compresslevel=0, mtime=0))
    raw[10] = 7  # a block type that deflate does not have
    bad('gzip-damaged', bytes(raw))
    bad('gzip-second-member-cut', whole + whole[:40])


def every_block():
    """One of each block version, pre-release ids, unknown blocks, longer entries, two sections."""
    seq[0] = 0
    t = section(minor=0, options=u16(1) + u16(4) + b'note' + u32(0)) + machine(kind=0x8002ABCD) + block(0x999, b'?' * 7)
    t += block(IL1, iface(1, v2=False) + iface(2, b'eth0', v2=False) + iface(3, b'br0', v2=False) +
               iface(4, b'br1', v2=False))
    t += block(0x8011ABCD, iface(1, b'old', v2=False))
    t += block(IL2, iface(1) + iface(4, b'eth1', extra=b'more'))
    t += block(0x8012ABCD, user(v2=False)) + block(UL1, user(v2=False) + group(v2=False))
    t += block(UL2, user(b'kim', uid=1000) + entry(u8(0) + u32(1) + u32(2) + s16(b'lee') + s16(b'/') + s16(b'') + b'more') +
               group(b'wheel', 10) + group(b'odd', 11, kind=7) + user(b'zero', uid=5, length=0))
    for v in range(1, 9):
        t += block(PL[v], proc(v, tid=100 + v) + proc(v, tid=200 + v, args=b'no final nul'))
    for kind, v in ((0x8000ABCD, 1), (0x8013ABCD, 2), (0x8014ABCD, 3)):
        t += block(kind, proc(v, tid=300 + v))
    short = u32(1000) + u8(1) + u64(1) + u64(2) + u64(3)
    t += block(PL[9], proc(tid=10) + proc(tid=11, tail=b'') + proc(tid=12, tail=short) +
               proc(tid=13, tail=u32(1000)) + proc(tid=14, tail=u64(99) + u32(5) + u32(1000) + u8(1) + u64(1) + u64(2) + u64(3)) +
               proc(tid=15, tail=u32(1000) + u8(1) + u8(1) + u8(1) + u8(0)) +
               proc(tid=17, length=0, tail=b''))
    t += fds(b''.join(fd(k, k, v2=False) for k in (1, 2, 3, 4, 5, 6, 7, 8, 16)), v2=False)
    t += fds(fd(1, 50, v2=False), v2=False, kind=0x8001ABCD, tid=11)
    t += fds(b''.join(fd(k, k) for k in range(1, 22)) + fd(77, 30, payload=b'what is this') + fd(0, 31) +
             fd(16, 32, payload=u32(1) + s16(b'/no/dev')) + fd(1, 33, payload=s16(b'more') + b'tail'))
    # events: every block id
    t += evb(ev(PLUGINEVENT, u32(1), b'data', large=True), EV_LARGE)
    t += evb(ev(PLUGINEVENT, u32(1), b'state', large=True), EVF_LARGE, flags=1)
    t += evb(close_x(), EV) + evb(close_x(), EVF, flags=2)
    t += evb(close_x(v1=True), EV1) + evb(close_x(v1=True), 0x8010ABCD) + evb(close_x(v1=True), EV1_FLAGS, flags=1)
    t += evb(ev(NOTIFICATION, b'id\0', b'text\0', v1=True, length=22 + 4 + 8 + 3), EV1)
    t += evb(ev(500, b'future')) + evb(close_x() + b'\1\0\4\0note\0\0\0\0')
    t += evb(ev(PROCINFO, u64(1), u64(2), b'surplus'))
    # a second section, with state events in front
    t += section() + machine() + block(PL[9], proc(tid=20))
    t += evb(ev(CONTAINER_JSON, b'{}\0', large=True)) + evb(close_x())
    return t


def upgrades():
    """Enter and exit pairs of old recorders and what becomes of them."""
    seq[0] = 0
    t = section() + machine() + block(PL[9], proc(tid=10))
    t += evb(ev(OPEN_E)) + evb(ev(OPEN_X, u64(3), b'/etc/x\0', u32(1), u32(0)))  # gains parameters, passes
    t += evb(ev(READ_E, u64(3), u32(80))) + evb(ev(READ_X, u64(5), b'hello'))  # merged
    t += evb(ev(READ_X, u64(5), b'again'))  # nothing stored: defaults
    t += evb(ev(READ_E, u64(4), u32(80))) + evb(ev(READ_E, u64(5), u32(81)))  # the second replaces the first
    t += evb(ev(CLOSE_X, u64(0), tid=11))  # another thread: nothing stored
    t += evb(ev(READ_X, u64(5), b'there'))
    t += evb(ev(BRK_E, u32(7))) + evb(ev(BRK_X, u64(0x1000)))  # changes its type
    t += evb(ev(CLONE_OLD_E)) + evb(ev(PROCEXIT_OLD)) + evb(ev(PROCEXIT_X_UNUSED))
    t += evb(ev(CONTAINER, b'c1\0', u32(3), b'web\0', b'nginx\0'))  # becomes JSON
    t += evb(ev(CONTAINER, b'', u32(3), b'web\0', b'nginx\0'))  # cannot: empty
    t += evb(ev(CONTAINER, b'c1\0', b'', b'web\0', b'nginx\0'))
    return t


def losses():
    """Everything that says that events are missing; one close every 10 ms."""
    def at(ms): return GETTIME + ms * 10**6
    def close(ms): return evb(close_x(ts=at(ms)))

    def lost(text, ts, cpu=0): return evb(ev(NOTIFICATION, b'saker.loss\0', text.encode() + b'\0', tid=-1, ts=ts), cpu=cpu)

    def drop(kind, ms): return evb(ev(kind, u32(2), ts=at(ms)))

    t = section() + machine() + block(PL[9], proc(tid=10))
    t += close(0) + close(10)
    t += lost(f'count=7 cpu=1 from={at(10)} to={at(20)} class=open', at(20), cpu=1)
    t += close(20) + close(30)
    t += lost(f'count=? cpu=all from={at(35)} to={at(38)} class=', at(38))
    t += close(40) + drop(DROP_E, 45) + close(50) + drop(DROP_X, 55)
    # not as we write it: an event like any other
    t += lost(f'count=07 cpu=1 from={at(60)} to={at(60)} class=open', at(60), cpu=1)
    t += close(60)
    # one that is told of only after what lies inside
    t += lost(f'count=1000 cpu=all from={at(58)} to={at(62)} class=net\x1b[31m', at(62)) + close(70)
    return t


def first_event_damaged():
    """A damaged event among those that complete the start of a section is passed over, once."""
    seq[0] = 0
    t = section() + machine() + evb(ev(CONTAINER_JSON, b'{}\0', large=True))
    t += evb(close_x(lens=[8, 9])) + evb(close_x())
    return t


if __name__ == '__main__':
    make_bad()
    for name, data in BAD.items():
        with open(os.path.join('bad', name + '.scap'), 'wb') as f:
            f.write(data)
    for name, data in (('every-block', every_block()), ('upgrades', upgrades()), ('losses', losses()),
                       ('first-event-damaged', first_event_damaged())):
        with open(f'traces/synthetic-{name}.scap', 'wb') as f:
            f.write(data)
    members = [gzip.compress(x, mtime=0) for x in (upgrades(), first_event_damaged())]
    with open('traces/synthetic-two-members.scap.gz', 'wb') as f:
        f.write(b''.join(members) + b'garbage behind the last member')
