"""A second reader of native traces, written from format/SPEC.md alone and kept simple: the whole file in
memory, one function per section of the SPEC, an error for whatever the SPEC says a reader must refuse.

Trace(path) checks frames, hashes, chain, index and trailer while it reads and has
  .manifest  bytes        .records  ("section",), ("machine", ...), ... ("loss", ...), ("event", Event)
  .snapshots [(seq, num, intake rows, state rows)]        .segments  per segment its facts
"""
import ctypes
import ctypes.util
import hashlib
import re
import struct
from collections import Counter, namedtuple

MANIFEST, META, EVENTS, INDEX, TRAILER, LOSS, SNAPSHOT, FILTER, BREAK = range(1, 10)
Event = namedtuple("Event", "ts tid type cpu flags params")
Frame = namedtuple("Frame", "kind seq offset size payload")
M64 = 2**64 - 1


class Refused(Exception):
    """The file contradicts the SPEC."""


def need(condition, what):
    if not condition:
        raise Refused(what)


# --- 2. notation ---

class Bytes:
    """Bytes taken from front to back."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, n):
        need(n <= self.left(), "ends early")
        self.at += n
        return self.data[self.at - n:self.at]

    def u(self, size):
        return int.from_bytes(self.take(size), "little")

    def varint(self):
        value = shift = 0
        while True:
            byte = self.u(1)
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            need(shift < 70, "a varint of more than 10 bytes")
        need(value <= M64, "a varint of more than 64 bits")
        return value

    def signed(self):
        return unzigzag(self.varint())

    def text(self):
        return bytes(self.take(self.varint()))


def unzigzag(v):
    return v >> 1 ^ -(v & 1)


# --- 3. file and frames ---

def frames_of(data):
    need(len(data) >= 16 and data[:8] == b"\x89SKR\r\n\x1a\n", "not a native trace")
    need(struct.unpack_from("<H", data, 8)[0] == 1, "another major version")
    chain = hashlib.sha256(data[:16]).digest()
    at, seq, ended = 16, 0, False
    while at < len(data):
        need(not ended, "a frame behind the trailer")
        need(len(data) - at >= 88 and data[at:at + 4] == b"SKF1", "no frame")
        kind, length, number = data[at + 4], *struct.unpack_from("<QQ", data, at + 8)
        need(length <= 2**30 and number == seq, "a frame out of order or over the limit")
        need(length <= len(data) - at - 88, "the file ends inside a frame")
        payload = data[at + 88:at + 88 + length]
        own = hashlib.sha256(data[at:at + 24] + payload).digest()
        chain = hashlib.sha256(chain + own).digest()
        need(data[at + 24:at + 56] == own, "a wrong hash")
        need(data[at + 56:at + 88] == chain, "a broken chain")
        yield Frame(kind, seq, at, 88 + length, payload)
        ended = kind == TRAILER
        at, seq = at + 88 + length, seq + 1
    need(ended, "no trailer")


# --- 4. META ---

def ip(b):
    address = b.text()
    need(len(address) in (0, 4, 16), "an address of another length")
    return address


def boolean(b):
    v = b.varint()
    need(v <= 1, "neither 0 nor 1")
    return v


U, S, T, A, B = Bytes.varint, Bytes.signed, Bytes.text, ip, boolean
ROWS = {
    0: ("section", []),
    1: ("machine", [U, U, U, T, U, U, U, U]),
    2: ("ifaces", []),
    3: ("iface", [A, A, A, B, U, T]),
    4: ("users", []),
    5: ("user", [U, U, T, T, T]),
    6: ("group", [U, T]),
    7: ("process", [S] * 8 + [T] * 8 + [S] + [U] * 11 + [B] * 4 + [U] * 6),
    8: ("fd", [S, S, U, U, T, A, A, U, U, U, U, U, U, U]),
    9: ("loss", [U, T, U, U, U]),
}


def rows_of(payload, losses):
    b = Bytes(payload)
    rows = Bytes(column(b, 0))
    need(b.left() == 0, "bytes behind a column")
    while rows.left():
        kind = rows.u(1)
        need(kind in ROWS, "an unknown row")
        need((kind == 9) == losses, "a row of the other kind of frame")
        name, members = ROWS[kind]
        yield (name, *(take(rows) for take in members))


# --- 5.1 a packed column ---

zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
zstd.ZSTD_decompress.restype = ctypes.c_size_t
zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
zstd.ZSTD_getFrameContentSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def inflate(stored):
    stored = bytes(stored)
    size = zstd.ZSTD_getFrameContentSize(stored, len(stored))
    need(size <= 2**28 * 2, "a zstd frame without its size")
    out = ctypes.create_string_buffer(max(size, 1))
    need(zstd.ZSTD_decompress(out, size, stored, len(stored)) == size, "a damaged zstd frame")
    return out.raw[:size]


def varints(data):
    """All varints of data; most of them are of one byte."""
    out, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 127) << shift
        if byte < 128:
            out.append(value)
            value = shift = 0
        else:
            shift += 7
    need(shift == 0, "a varint that ends early")
    return out


FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}


def numbers(data, width):
    return struct.unpack(f"<{len(data) // width}{FORMATS[width]}", data) if width else ()


def column(b, width_wanted):
    """The raw bytes of the next column."""
    shape_codec, widths = b.u(1), b.u(1)
    shape, codec, width, inner = shape_codec & 15, shape_codec >> 4, widths & 15, widths >> 4
    need(width in (0, 1, 2, 4, 8) and inner in (0, 1, 2, 4, 8) and inner <= width, "a column's width")
    need(width_wanted is None or width == width_wanted, "a column of another width")
    base = b.signed() if inner != width else 0
    raw = b.varint()
    need(raw <= 2**28, "a column over the limit")
    stored = b.take(b.varint())
    need(codec in (0, 1), "an unknown codec")
    data = inflate(stored) if codec == 1 else bytes(stored)
    if width == 0:
        need(shape == 0 and len(data) == raw, "a column of bytes")
        return data
    need(raw % width == 0, "rows that are not whole")
    rows = raw // width
    if inner == 0:
        need(not stored, "a constant column that stores something")
        return (base & M64).to_bytes(8, "little")[:width] * rows
    if shape == 1:
        need(len(data) == rows * inner, "planes")
        planes = [data[i * rows:(i + 1) * rows] for i in range(inner)]
        out = bytearray(len(data))
        for i, plane in enumerate(planes):
            out[i::inner] = plane
        data = bytes(out)
    elif shape == 2:
        steps, mask, value, out = varints(data), 2**(8 * inner) - 1, 0, []
        for step in steps:
            value = (value + unzigzag(step)) & mask
            out.append(value)
        data = struct.pack(f"<{len(out)}{FORMATS[inner]}", *out)
    else:
        need(shape == 0, "an unknown shape")
    need(len(data) == rows * inner, "rows of a column")
    if inner != width:
        mask = 2**(8 * width) - 1
        data = struct.pack(f"<{rows}{FORMATS[width]}", *((v + base) & mask for v in numbers(data, inner)))
    return data


# --- 5. EVENTS ---

def summary_of(b):
    events = b.varint()
    need(1 <= events <= 262144, "events of a block")
    first, last, low, high = (b.u(8) for _ in range(4))
    types = [(b.varint(), b.varint(), b.varint()) for _ in range(b.varint())]
    need([t for t, _, _ in types] == sorted({t for t, _, _ in types}), "types that do not ascend")
    need(all(t <= 453 and n and p <= 64 for t, n, p in types), "an entry of the summary")
    need(sum(n for _, n, _ in types) == events, "types that do not add up")
    return events, first, last, low, high, types


class BitStream:
    def __init__(self, data):
        self.value, self.bits, self.at = int.from_bytes(data, "little"), 8 * len(data), 0
        self.data = data

    def take(self, n):
        need(self.at + n <= self.bits, "time bits end early")
        start, end = self.at // 8, (self.at + n + 7) // 8
        v = int.from_bytes(self.data[start:end], "little") >> self.at % 8 & (1 << n) - 1
        self.at += n
        return v


def events_of(payload, sizes):
    """The summary and the events of a block."""
    b = Bytes(payload)
    head = summary_of(b)
    events, first, types = head[0], head[1], head[5]
    places = numbers(column(b, 1 if len(types) <= 256 else 2), 1 if len(types) <= 256 else 2)
    cpus, flags = numbers(column(b, 2), 2), numbers(column(b, 4), 4)
    misses, tids = column(b, 1), iter(numbers(column(b, 8), 8))
    escapes, bits = iter(numbers(column(b, 8), 8)), BitStream(column(b, 0))
    need(len(places) == len(cpus) == len(flags) == len(misses) == events, "rows of the head columns")
    per_type = []
    for kind, count, most in types:
        nparams, classes = column(b, 1), column(b, 1)
        need(len(nparams) == len(classes) == count, "rows of a type")
        need(max(nparams) == most, "the most parameters of a type")
        params = []
        for i in range(most):
            lengths = numbers(column(b, 4), 4)
            need(len(lengths) == sum(n > i for n in nparams), "lengths of a parameter")
            size = sizes(kind, i)
            total = sum(lengths)
            data = column(b, size if size and total % size == 0 else 0)
            need(len(data) == total, "bytes of a parameter")
            params.append((iter(lengths), Bytes(data)))
        per_type.append((kind, iter(nparams), iter(classes), params))
    need(b.left() == 0, "bytes behind the last column")
    last_tid, ts, out = {}, first, []
    for place, cpu, flag, miss in zip(places, cpus, flags, misses):
        need(place < len(per_type) and miss <= 1, "a row of the head columns")
        kind, nparams, classes, params = per_type[place]
        if miss:
            last_tid[cpu % 256] = next(tids)
        tid = last_tid.get(cpu % 256, 0)
        c = next(classes)
        if c < 16:
            step = c
        elif c < 248:
            o = 4 + (c - 16) // 8
            step = 1 << o | (c - 16) % 8 << (o - 3) | bits.take(o - 3)
        else:
            need(c == 255, "a class that does not exist")
            step = next(escapes)
        ts = (ts + step) & M64
        values = []
        for i in range(next(nparams)):
            lengths, data = params[i]
            values.append(data.take(next(lengths)))
        out.append(Event(ts, tid, kind, cpu, flag, values))
    need(not list(tids) and not list(escapes), "rows that nobody called for")
    times = [e.ts for e in out]
    need((times[0], times[-1], min(times), max(times)) == head[1:5], "times of the summary")
    need(Counter(e.type for e in out) == {t: n for t, n, _ in types}, "counts of the summary")
    return head, out


# --- 6. FILTER ---

WORD = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")


def filter_of(payload):
    """What tells whether a text can be in the segment."""
    b = Bytes(payload)
    m = b.u(1)
    bitmap = column(b, 0)
    need(b.left() == 0 and (m == 0 or 9 <= m <= 20) and len(bitmap) == (2**m // 8 if m else 0), "a filter")

    def bit(i):
        return bitmap[i // 8] >> i % 8 & 1

    def has_text(text):
        if m:
            for run in WORD.findall(text):
                run = b" " + run.lower() + b" "
                for i in range(len(run) - 2):
                    x = run[i] + 256 * run[i + 1] + 65536 * run[i + 2]
                    if not bit((x * 0x9E3779B1 & 0xFFFFFFFF) >> (32 - m)):
                        return False
        return True

    def has_address(address):
        if m:
            h = 0xCBF29CE484222325
            for byte in address:
                h = (h ^ byte) * 0x100000001B3 & M64
            h = (h ^ h >> 32) * 0x9E3779B97F4A7C15 & M64
            low, high = h & 0xFFFFFFFF, h >> 32 | 1
            return all(bit((low + k * high & 0xFFFFFFFF) >> (32 - m)) for k in range(4))
        return True

    return has_text, has_address


# --- 6. INDEX and TRAILER ---

def index_of(payload):
    b = Bytes(payload)
    frames, offset, first_ts = [], None, None
    count, offset, first_ts = b.varint(), b.varint(), b.varint()
    before = first_ts
    for _ in range(count):
        kind, size = b.u(1), b.varint()
        more = ()
        if kind == SNAPSHOT:
            more = (b.varint(),)
        elif kind == EVENTS:
            events = b.varint()
            before = low = (before + b.signed()) & M64
            more = (events, low, low + b.varint())
        frames.append((kind, size, *more))
    segments = 1 + sum(kind == SNAPSHOT for kind, *_ in frames[1:]) if frames else 0
    types = [{b.varint(): b.varint() for _ in range(b.varint())} for _ in range(segments)]
    need(b.left() == 0, "bytes behind the index")
    return offset, first_ts, frames, types


# --- the whole file ---

class Trace:
    def __init__(self, path, sizes, snapshot_reader=None):
        """sizes(type, parameter): fixed size of a parameter, 0 for others (the event table)."""
        with open(path, "rb") as f:
            data = f.read()
        self.records, self.snapshots, self.manifest, self.filters = [], [], None, []
        seen, types, first_ts, total = [], [], None, 0
        for frame in frames_of(data):
            if frame.kind == MANIFEST:
                need(frame.seq == 0, "a manifest that is not the first frame")
                self.manifest = bytes(frame.payload)
                continue
            if frame.kind == INDEX:
                self.check_index(frame, seen, types, first_ts or 0)
                index_offset = frame.offset
                continue
            if frame.kind == TRAILER:
                need(struct.pack("<QQQ", index_offset, frame.seq, total) == frame.payload, "the trailer")
                continue
            if not seen or frame.kind == SNAPSHOT:
                types.append(Counter())
                self.filters.append(None)
            entry = [frame.kind, frame.size]
            if frame.kind in (META, LOSS):
                self.records += rows_of(frame.payload, frame.kind == LOSS)
            elif frame.kind == EVENTS:
                head, events = events_of(frame.payload, sizes)
                first_ts = head[1] if first_ts is None else first_ts
                entry += [head[0], head[3], head[4]]
                total += head[0]
                types[-1].update({t: n for t, n, _ in head[5]})
                self.records += (("event", e) for e in events)
            elif frame.kind == SNAPSHOT:
                b = Bytes(frame.payload)
                num = b.varint()
                columns = [column(b, 0) for _ in range(5)]
                need(b.left() == 0, "bytes behind a snapshot")
                entry += [num]
                self.snapshots.append((len(self.records), num, columns))
                if snapshot_reader:
                    need(snapshot_reader(columns).num == num, "the number of a snapshot")
            elif frame.kind == FILTER:
                self.filters[-1] = (len(self.records), filter_of(frame.payload))
            elif frame.kind == BREAK:
                need(not frame.payload, "a break with a payload")
            seen.append((frame.offset, tuple(entry)))
        self.types = types

    @staticmethod
    def check_index(frame, seen, types, first_ts):
        offset, first, frames, counts = index_of(frame.payload)
        need(offset == (seen[0][0] if seen else 0) and first == first_ts, "the beginning of the index")
        need(frames == [entry for _, entry in seen], "the index does not agree with the frames")
        need(counts == [dict(c) for c in types], "the index miscounts")
