#!/usr/bin/env python3
"""Two readers, one format: what tools/tests/simple_reader.py makes of native traces, from the SPEC alone, is what
our own reader exports as a stock trace.  Traces of the corpus, ours, and parts of them that begin with snapshots.

The first argument limits it to traces whose name contains it."""
import glob
import os
import re
import struct
import subprocess
import sys
import tempfile

import simple_reader
import simple_snapshot
from corpus import CORPUS
from programs import BIN, SOURCE

SIZES = {"INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "ERRNO": 8,
         "FD": 8, "PID": 8, "SYSCALLID": 2, "SIGTYPE": 1, "RELTIME": 8, "ABSTIME": 8, "PORT": 2, "SIGSET": 4,
         "IPV4ADDR": 4, "IPV6ADDR": 16, "FLAGS8": 1, "FLAGS16": 2, "FLAGS32": 4, "UID": 4, "GID": 4, "MODE": 4,
         "ENUMFLAGS8": 1, "ENUMFLAGS16": 2, "ENUMFLAGS32": 4, "FD32": 4, "PID32": 4, "BOOL": 4, "DOUBLE": 8}
# The largest capture has 350,000 events: Python takes a minute for it, so the test takes a part.
MOST_BYTES = 1 << 20


def event_table():
    """type -> types of its parameters, from the list of events."""
    with open(os.path.join(SOURCE, "format/schema/events.def"), encoding="ascii") as f:
        text = f.read()
    table = {}
    for event in re.split(r"^EVENT\(", text, flags=re.M)[1:]:
        number = int(event.split(",", 1)[0])
        table[number] = re.findall(r"\bP[FRD]?\((\w+), (\w+)", event)
    return table


TABLE = event_table()


def type_of(event, i):
    return TABLE[event][i] if i < len(TABLE[event]) else ("", "NONE")


def size_of(event, i):
    size = SIZES.get(type_of(event, i)[1], 0)
    return size if size in (1, 2, 4, 8) else 0


def shape_of(event, i):
    return SIZES.get(type_of(event, i)[1], 0), type_of(event, i)[1] == "BYTEBUF"


def scap(*args):
    return subprocess.run([os.path.join(BIN, "scap"), *args], capture_output=True, check=False)


# --- a stock trace as our writer leaves it (SPEC 9) ---

LARGE = {n for n, p in TABLE.items() if n in (322, 323, 324, 325, 402, 403)}


def stock_events(path):
    with open(path, "rb") as f:
        data = f.read()
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        body, at = data[at + 8:at + length - 4], at + length
        if kind == 0x0A0D0D0A:
            yield "section", None
        elif kind in (0x216, 0x217, 0x221, 0x222):
            cpu, flags, head = body[0] | body[1] << 8, 0, 2
            if kind in (0x217, 0x222):
                flags, head = struct.unpack_from("<I", body, 2)[0], 6
            ts, tid, size, event, n = struct.unpack_from("<QQIHI", body, head)
            width = 4 if event in LARGE else 2
            lengths = struct.unpack_from(f"<{n}{'I' if width == 4 else 'H'}", body, head + 26)
            params, p = [], head + 26 + n * width
            for m in lengths:
                params.append(body[p:p + m])
                p += m
            assert p == head + size, "parameters of a stock event"
            yield "event", simple_reader.Event(ts, tid, event, cpu, flags, params)
        else:
            yield "list", kind


def loss_event(count, cpu, start, end, what):
    text = f"count={count or '?'} cpu={'all' if cpu == 2**32 - 1 else cpu} from={start or '?'} " \
           f"to={'?' if end == 2**64 - 1 else end} class=".encode() + what[:255] + b"\0"
    return simple_reader.Event(start if end == 2**64 - 1 else end, 2**64 - 1, 280, cpu if cpu < 65536 else 0, 0,
                               [b"saker.loss\0", text])


def timeline(records):
    """Sections and events of a native trace as a stock trace has them."""
    for name, *rest in records:
        if name == "section":
            yield "section", None
        elif name == "event":
            yield "event", rest[0]
        elif name == "loss":
            cpu, what, count, start, end = rest
            yield "event", loss_event(count, cpu, start, end, what)


def texts_of(records):
    """What the filter of these records must not deny: texts and addresses of some kinds."""
    for name, *rest in records:
        if name in ("user", "group", "iface", "fd", "machine"):
            yield from ((False, m) for m in rest if isinstance(m, bytes) and len(m) not in (4, 16))
        elif name == "process":
            yield from ((False, m) for i, m in enumerate(rest) if isinstance(m, bytes) and i != 14)
        elif name == "event":
            for i, value in enumerate(rest[0].params):
                if type_of(rest[0].type, i)[1] in ("CHARBUF", "FSPATH", "FSRELPATH"):
                    yield False, value.split(b"\0")[0]
                elif type_of(rest[0].type, i)[1] in ("IPV4ADDR", "IPV6ADDR") and len(value) in (4, 16):
                    yield True, value


def check_filters(trace):
    """Whatever is in a segment, its filter lets it pass."""
    starts = [at for at, _, _ in trace.snapshots] or [0]
    if starts[0] != 0 and len(trace.filters) > len(starts):
        starts.insert(0, 0)
    checked = 0
    for start, entry in zip(starts, trace.filters):
        if entry is None:
            continue
        end, (has_text, has_address) = entry
        for is_address, value in set(texts_of(trace.records[start:end])):
            assert has_address(value) if is_address else has_text(value), f"the filter denies {value!r}"
            checked += 1
    return checked


class Tally:
    def __init__(self):
        self.traces = self.events = self.snapshots = self.texts = self.problems = 0


def compare(path, tally, work):
    """A native trace: both readers."""
    def snapshot(columns):
        return simple_snapshot.read(columns, shape_of)[0]

    trace = simple_reader.Trace(path, size_of, snapshot)
    tally.traces += 1
    tally.snapshots += len(trace.snapshots)
    tally.texts += check_filters(trace)
    mine = list(timeline(trace.records))
    if not mine or mine[0][0] != "section":
        mine.insert(0, ("section", None))  # a stock trace has one
    tally.events += len(mine)
    begins_with_state = bool(trace.snapshots) and trace.snapshots[0][0] == 0
    if begins_with_state:
        return  # a stock trace cannot hold it
    stock = os.path.join(work, "export.scap")
    done = scap("convert", path, stock)
    assert done.returncode == 0, done.stderr.decode()
    theirs = [e for e in stock_events(stock) if e[0] != "list"]
    for a, b in zip(mine, theirs):
        assert a == b, f"{a} and {b}"
    assert len(mine) == len(theirs), f"{len(mine)} and {len(theirs)} records"


def natives(path, work):
    """Native traces made of a trace: as a whole, and parts of it that begin with a snapshot."""
    whole = os.path.join(work, "whole.skr")
    done = scap("convert", path, whole)
    if not os.path.exists(whole) or (done.returncode != 0 and scap("verify", whole).returncode != 0):
        return
    yield whole
    segments = os.path.join(work, "segments.skr")  # many snapshots
    if scap("convert", "--block-events=200", "--segment-events=1000", path, segments).returncode == 0:
        yield segments
    part = os.path.join(work, "part.skr")
    if b"slice" in scap("--help").stdout and scap("slice", "--from", "#40", whole, part).returncode == 0:
        yield part


def main():
    traces = sorted(glob.glob(os.path.join(SOURCE, "testdata/traces/*.scap*")) +
                    glob.glob(os.path.join(CORPUS, "traces/*/*.scap*")) +
                    glob.glob(os.path.join(CORPUS, "legacy/**/*.scap*"), recursive=True))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    tally = Tally()
    for path in traces:
        if wanted not in path or (not wanted and os.path.getsize(path) > MOST_BYTES):
            continue
        with tempfile.TemporaryDirectory() as work:
            for native in natives(path, work):
                try:
                    compare(native, tally, work)
                except (AssertionError, simple_reader.Refused) as e:
                    tally.problems += 1
                    print(f"{path} ({os.path.basename(native)}): {e}")
    print(f"FIGURE second reader: {tally.traces} native traces, {tally.events} events, {tally.snapshots} snapshots, "
          f"{tally.texts} texts and addresses of filters: {tally.problems} differences")
    return 1 if tally.problems or not tally.traces else 0


if __name__ == "__main__":
    sys.exit(main())
