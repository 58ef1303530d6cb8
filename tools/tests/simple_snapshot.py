"""Snapshots as format/SPEC.md 10 describes them: five columns into rows, everything the SPEC excludes refused."""
from collections import namedtuple

from simple_reader import Bytes, need

Intake = namedtuple("Intake", "num sections leading waiting")
HASH_SIZES = (13, 29, 59, 127, 257, 541, 1109, 2357, 5087)
M64 = 2**64 - 1


class Items:
    """Texts or blobs: numbered from 1, 0 is the empty one."""

    def __init__(self, data):
        b, self.list = Bytes(data), [b""]
        while b.left():
            text = b.text()
            need(text and b.u(1) == 0, "an item")
            self.list.append(bytes(text))
        need(len(set(self.list)) == len(self.list), "an item that is there twice")

    def __getitem__(self, number):
        need(number < len(self.list), "the number of an item that is not there")
        return self.list[number]


class Addresses(Items):
    def __init__(self, data):
        b, self.list = Bytes(data), [b""]
        while b.left():
            size = b.u(1)
            need(size in (4, 16), "the size of an address")
            self.list.append(bytes(b.take(size)))
        need(len(set(self.list)) == len(self.list), "an address that is there twice")


class Rows(Bytes):
    def __init__(self, data, texts, blobs, addresses):
        super().__init__(data)
        self.items = {"t": texts, "B": blobs, "a": addresses}

    def get(self, kind):
        if kind == "u":
            return self.varint()
        if kind == "s":
            return self.signed()
        if kind == "b":
            v = self.varint()
            need(v <= 1, "neither 0 nor 1")
            return v
        return self.items[kind][self.varint()]

    def some(self, kinds):
        return [self.get(k) for k in kinds]

    def table(self, kinds):
        """count, then member by member; d is a difference from the entry before."""
        return self.members(self.varint(), kinds)

    def members(self, count, kinds):
        need(count <= self.left() + 1 or not kinds, "more entries than there are bytes")
        columns = []
        for kind in kinds:
            if kind == "d":
                value, values = 0, []
                for _ in range(count):
                    value = (value + self.signed()) & M64
                    values.append(value)
            else:
                values = [self.get(kind) for _ in range(count)]
            columns.append(values)
        return list(zip(*columns)) if kinds else [()] * count

    def part(self, of):
        """A part of the state begins that has indexes into a list of `of` entries."""
        self.next_index, self.entries = 0, of

    def index(self):
        value = self.next_index + self.signed()
        need(0 <= value < self.entries, "an index beyond its list")
        self.next_index = value + 1
        return value

    def indexes(self):
        return [self.index() for _ in range(self.varint())]


def ascending(values, what):
    need(all(a < b for a, b in zip(values, values[1:])), what)


def event(r, sizes):
    kind, count = r.some("uu")
    need(kind <= 453 and count <= 64, "an event")
    params = []
    for i in range(count):
        length, size, is_bytes = r.varint(), *sizes(kind, i)
        if length and length == size and size in (1, 2, 4, 8):
            v = r.varint()
            need(v < 2**(8 * size), "a parameter that does not fit")
            params.append(v.to_bytes(size, "little"))
        else:
            params.append(r.get("B" if is_bytes else "t"))
            need(len(params[-1]) == length, "the length of a parameter")
    return kind, params


def read(columns, sizes):
    """sizes(type, parameter): fixed size (0: none), is it a BYTEBUF.  Returns intake and state."""
    shared = Items(columns[2]), Items(columns[3]), Addresses(columns[4])
    r = Rows(columns[0], *shared)
    need(r.varint() == 1, "another layout")
    num, sections, leading = r.some("uub")
    waiting = []
    for _ in range(r.varint()):
        tid, shown = r.some("sb")
        waiting.append((tid, shown, event(r, sizes)))
    ascending([w[0] for w in waiting], "tids of the intake")
    need(r.left() == 0, "bytes behind the intake")
    return Intake(num, sections, leading, waiting), state(Rows(columns[1], *shared), sizes)


def sockets(r, fds):
    out = []
    for kind, *_ in fds:
        head = {3: "auuau", 4: "auuau", 5: "auu", 6: "auu"}.get(kind, "")
        out.append((r.some(head), r.get("B")))
        need(len(out[-1][1]) <= 37, "what else a socket is")
    return out


def state(r, sizes):
    s = {}
    need(r.varint() == 1, "another layout")
    s["section"], s["first_ns"] = r.some("uu")
    s["lost"], s["machine"] = r.some("uuuu"), r.some("uuuuuuu")
    s["hostname"], s["boot"], s["settled"], s["after_exit"] = r.some("tubb")
    s["leaves"], s["closes"], s["latest_ns"] = r.some("bs"), r.some("bss"), r.varint()
    s["interfaces"] = r.table("aaabut")
    s["users"], s["groups"] = r.table("ubuttt"), r.table("ubt")
    ascending([u[0] for u in s["users"]], "users")
    ascending([g[0] for g in s["groups"]], "groups")
    r.part(65536)
    s["ports"] = r.indexes()
    s["exits"] = []
    ts = 0
    for _ in range(r.varint()):
        tid, parent = r.some("uu")
        ts = (ts + r.signed()) & M64
        s["exits"].append((tid, parent, ts))
    s["containers"] = []
    for _ in range(r.varint()):
        name, what = r.some("tu")
        need(what <= 2, "a container")
        s["containers"].append((name, what, r.get("t") if what else b""))
    need(s["containers"] and s["containers"][0][0] == b"", "the host among the containers")
    s["fds"] = r.table("uubbbuudstt")
    s["sockets"] = sockets(r, s["fds"])
    s["tables"] = []
    r.part(len(s["fds"]))
    for _ in range(r.varint()):
        places, beside, buckets, count = r.some("uuuu")
        need(buckets in (0, 1, *HASH_SIZES) or buckets > HASH_SIZES[-1], "buckets")
        entries, number = [], -1
        for _ in range(count):
            number += r.signed()
            entries.append((number, r.index()))
        need(len({n for n, _ in entries}) == count, "a number that is there twice")
        s["tables"].append(entries)
    s["threads"] = r.table("d" * 8 + "t" * 8 + "B" + "uuuuuuuu" + "s" + "uuuuu" + "bbbb" + "u" + "dd" + "dd" + "d" + "dd" + "u" + "ss" + "us")
    n = len(s["threads"])
    ascending([t[0] for t in s["threads"]], "tids")
    s["fds_of"] = []
    r.part(len(s["tables"]))
    for _ in range(n):
        what = r.varint()
        need(what <= 2, "the fds of a thread")
        s["fds_of"].append(r.index() if what else None)
    groups = r.members(r.varint(), "dsbb")
    r.part(n)
    s["groups_of_threads"] = [(g, r.indexes()) for g in groups]
    members = [i for _, m in s["groups_of_threads"] for i in m]
    need(all(m for _, m in s["groups_of_threads"]) and len(set(members)) == len(members), "a group of threads")
    r.part(n)
    s["children"] = [r.indexes() for _ in range(n)]
    children = [i for c in s["children"] for i in c]
    need(len(set(children)) == len(children), "a child of two")
    s["waiting"] = []
    r.part(n)
    for _ in range(r.varint()):
        s["waiting"].append((r.index(), r.some("uuu"), event(r, sizes)))
    need(r.left() == 0, "bytes behind the state")
    return s


__all__ = ["read", "Refused"]
