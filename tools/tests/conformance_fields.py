#!/usr/bin/env python3
"""Compare what `scap cat` shows of every field with what Falco showed at the same events.

The corpus (SAKER_CORPUS, or ../shared/corpus beside the checkout) has Falco's values in
oracle/fields/TRACE.jsonl.zst.  Prints one line per trace and per field that is not at 100 %.
Differences that testdata/known-differences.md explains are counted apart.
Fails when any other value differs, or an event is missing.
"""
import collections
import glob
import json
import os
import subprocess
import sys

from corpus import corpus, traces
from programs import program

# Falco prints memory there that nothing was written to.
UNWRITTEN = {'proc.exe_ino.ctime_duration_proc_start', 'proc.exe_ino.ctime_duration_pidns_start'}
# Falco's evt.abspath makes the directory fd the event's fd, for every field that is looked at later.
AFTER_ABSPATH = ('fd.', 'fs.path.', 'evt.count.error.', 'evt.category', 'evt.is_syslog')


def explained(field, want, got):
    """Is this one of the known differences?"""
    if field in UNWRITTEN:
        return True
    if field == 'fd.types':
        return sorted(want.get(field) or []) == sorted(got.get(field) or [])
    if field == 'evt.buffer':
        return want.get(field, '').startswith('NUL') or want.get('evt.type') == 'ptrace'
    directory = want.get('fd.name', '')
    return (field.startswith(AFTER_ABSPATH) and 'evt.abspath' in want and directory != '' and
            got.get('fd.name') != directory and
            want['evt.abspath'].startswith(directory.rstrip('/') + '/')) or \
        (field.startswith('evt.count.error.') and 'evt.abspath' in want)


class Count:
    def __init__(self):
        self.values = self.equal = self.explained = 0
        self.events = self.seen = 0
        self.by_field = collections.defaultdict(collections.Counter)
        self.example = {}

    def compare(self, trace, fields, want, got):
        for field in fields:
            a, b = want.get(field), got.get(field)
            if a is None and b is None:
                continue
            tally = self.by_field[field]
            self.values += 1
            tally['values'] += 1
            if a == b:
                self.equal += 1
                continue
            if explained(field, want, got):
                self.explained += 1
                tally['explained'] += 1
            else:
                tally['different'] += 1
                self.example.setdefault(field, (trace, want['evt.num'], want.get('evt.type'), a, b))


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def read_oracle(path):
    text = subprocess.run(['zstd', '-dcq', path], capture_output=True, check=True).stdout
    return {d['evt.num']: d for d in map(json.loads, text.decode(errors='replace').splitlines())}


def run_trace(total, name, trace, oracle):
    want = read_oracle(oracle)
    fields = sorted({k for d in want.values() for k in d} - {'evt.num'})
    before = total.values, total.equal, total.explained
    seen = 0
    cat = subprocess.Popen([program('scap'), 'cat', '--json', '--fields', ','.join(['evt.num'] + fields), trace],
                           stdout=subprocess.PIPE, text=True, errors='replace')
    for line in cat.stdout:
        if not line.startswith('{'):
            continue
        got = json.loads(line)
        got = got.get('output_fields', got)
        if got.get('evt.num') in want:
            seen += 1
            total.compare(name, fields, want[got['evt.num']], got)
    cat.wait()
    total.events += len(want)
    total.seen += seen
    values, equal, known = (now - then for now, then in
                            zip((total.values, total.equal, total.explained), before))
    print(f'{name}: {equal}/{values} = {percent(equal, values):.3f} %, without known differences '
          f'{percent(equal, values - known):.4f} %; events {seen}/{len(want)}', flush=True)


def main():
    oracles = sorted(glob.glob(corpus('oracle', 'fields') + '/*.jsonl.zst'))
    paths = traces()
    total = Count()
    for oracle in oracles:
        name = os.path.basename(oracle).split('.')[0]
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        if name in paths:
            run_trace(total, name, paths[name], oracle)
    for field, tally in sorted(total.by_field.items()):
        off = tally['explained'] + tally['different']
        if off:
            print(f"  {field}: {percent(tally['values'] - off, tally['values']):.3f} % equal, "
                  f"{tally['explained']} explained, {tally['different']} different"
                  + (f', first {total.example[field]}' if field in total.example else ''))
    rest = total.values - total.explained
    exact = sum(1 for t in total.by_field.values() if not t['explained'] and not t['different'])
    print(f'FIGURE fields: {total.equal}/{total.values} = {percent(total.equal, total.values):.3f} %, '
          f'without known differences {total.equal}/{rest} = {percent(total.equal, rest):.4f} %; '
          f'fields exact {exact}/{len(total.by_field)}; events {total.seen}/{total.events}')
    ok = total.seen == total.events and total.equal == rest
    sys.exit(0 if ok else 1)


if __name__ == '__main__':
    main()
