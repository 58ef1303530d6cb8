#!/usr/bin/env python3
"""Stock traces of the corpus: as many events as the reference counts, copies (stock, gzip, and by way of a native trace)
that keep every byte of every event, and Debian's sysdig reads the copies as it reads the originals."""
import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from corpus import corpus, traces
from programs import program

V2 = {0x216: 2, 0x217: 6, 0x221: 2, 0x222: 6}  # block type: bytes in front of the event
V1 = {0x204: 2, 0x8010ABCD: 2, 0x208: 6}
MAX_EVENTS = 50000  # of one trace compared byte for byte


def events(path):
    """(cpu and flags, header without length and parameter count, lengths and data) of each event."""
    data = open(path, 'rb').read()
    if data[:2] == b'\x1f\x8b':
        data = gzip.decompress(data)
    at, out = 0, []
    while at < len(data) and len(out) < MAX_EVENTS:
        kind, length = struct.unpack_from('<II', data, at)
        if kind in V2 or kind in V1:
            head = V2.get(kind) or V1[kind]
            event = at + 8 + head
            n, = struct.unpack_from('<I', data, event + 16)
            rest = 26 if kind in V2 else 22
            kind_id, = struct.unpack_from('<H', data, event + 20)
            if kind in V1 and kind_id in (280, 286):
                n -= 3  # these say three bytes too many
            out.append((data[at + 8:event], data[event:event + 16], kind_id, data[event + rest:event + n]))
        at += length
    return out


def sysdig(path):
    fmt = '%evt.num %evt.time.ns %evt.cpu %thread.tid %proc.name %user.name %fd.name %evt.type %evt.args'
    p = subprocess.run(['sysdig', '-r', path, '-p', fmt], capture_output=True)
    return p.returncode, p.stdout


def oracle_count(name):
    """The last event number in the reference's answers; None if there are none for this trace."""
    path = os.path.join(corpus('oracle', 'fields'), name + '.jsonl.zst')
    if not os.path.exists(path):
        return None
    text = subprocess.run(['zstd', '-dcq', path], capture_output=True, check=True).stdout
    return max(json.loads(line)['evt.num'] for line in text.splitlines())


def check(path, work, full):
    """Problems of one trace, as sentences."""
    name = os.path.basename(path).split('.')[0]
    info = json.loads(subprocess.run([program('scap'), 'info', '--json', path], capture_output=True, check=True).stdout)
    want, got = oracle_count(name), info['events']['shown']
    if want is not None and got != want and (full or got < want):  # the oracle has all events of the stock traces only
        yield f'{name}: {got} events, the reference counts {want}'
    native = os.path.join(work, name + '.skr')
    copies = [os.path.join(work, name + suffix) for suffix in ('.scap', '.scap.gz', '-again.scap')]
    subprocess.run([program('scap'), 'convert', path, native], check=True)
    for copy in copies:
        source = native if copy.endswith('-again.scap') else path
        subprocess.run([program('scap'), 'convert', source, copy], check=True)
        if events(copy) != events(path):
            yield f'{copy}: the events are not those of {path}'
    if shutil.which('sysdig') and got <= 2 * MAX_EVENTS:
        code, want = sysdig(path)
        # An original that sysdig itself cannot read says nothing about the copy.
        if code == 0 and want and sysdig(copies[1]) != (code, want):
            yield f'{copies[1]}: sysdig reads it in another way than {path}'


def main():
    problems, paths = [], traces()
    with tempfile.TemporaryDirectory() as work:
        for path in paths.values():
            problems += check(path, work, f'{os.sep}stock{os.sep}' in path)
    for p in problems:
        print(p)
    note = '' if shutil.which('sysdig') else ' (no sysdig here: not compared with it)'
    print(f'FIGURE copies: {len(paths)} traces, {len(problems)} problems{note}')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
