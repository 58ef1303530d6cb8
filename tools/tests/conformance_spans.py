#!/usr/bin/env python3
"""Parts of every trace of the corpus (--from, --to) are what the whole shows there.

For random spans, by time, by time behind the first event and by event number: the alerts that replay prints for the
stock file and for a native copy with many segments are those lines of a whole replay that lie in the span; scap cat
prints those lines; and the stores of both files are the same.
"""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

from corpus import corpus, traces
from programs import program

RULES = ('falco_rules', 'falco-incubating_rules', 'falco-sandbox_rules')
TABLES = ('processes', 'programs', 'containers', 'messages', 'field_values', 'matches', 'losses', 'gaps')
LINE = '%evt.num %evt.rawtime %evt.type %proc.name %fd.name %proc.cwd %evt.args'
SPANS = 4
MARK = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'testdata', 'rules', 'closed.yaml')


def run(*command):
    return subprocess.run(command, capture_output=True, check=True).stdout


def replay(trace, *options, store=None):
    command = [program('replay'), '-q', '-o', 'json', '--extra-field', 'evt.num', '--extra-field', 'evt.rawtime']
    for name in RULES:
        command += ['-r', corpus('rules', name + '.yaml')]
    command += ['-r', MARK]
    if store:
        command += ['--db', store]
    return run(*command, *options, trace).splitlines()


def rows(path):
    db = sqlite3.connect(path)
    found = {table: db.execute(f'SELECT * FROM {table}').fetchall() for table in TABLES}
    found['run'] = db.execute('SELECT outcome, events, matches, first_ns, last_ns FROM runs').fetchall()
    return found


def cut(trace, to, events):
    run(program('scap'), 'convert', '--to=native', f'--segment-events={events}', f'--block-events={events // 3 + 1}',
        trace, to)


def random_span(events, is_current, rng):
    """The options, and whether an event (number, time) is in it."""
    a, b = sorted(rng.choice(events) for _ in range(2))
    first = events[0][1]
    # What a file begins with may be an old event that has no current form: nobody is shown its time.
    kind = rng.randrange(4) if events[0][0] == 1 and is_current else rng.choice((0, 2, 3))
    if kind == 0:
        return ['--from', str(a[1]), '--to', str(b[1])], lambda n, t: a[1] <= t < b[1]
    if kind == 1:
        begin, end = max(a[1] - first, 0), max(b[1] - first, 0)
        return (['--from', f'+{begin}ns', '--to', f'+{end}ns'],
                lambda n, t: first + begin <= t < first + end)
    if kind == 2:
        return ['--from', f'#{a[0]}', '--to', f'#{b[0]}'], lambda n, t: a[0] <= n <= b[0]
    return ['--from', f'#{a[0]}', '--to', str(b[1])], lambda n, t: a[0] <= n and t < b[1]


def check_span(name, files, whole, shown, events, rng, folder):
    options, holds = random_span(events, 'captured' in files['stock'], rng)
    problems, stores = [], []
    want = [line for line, n, t in whole if holds(n, t)]
    want_shown = [line for line, n, t in shown if holds(n, t)]
    for kind, path in files.items():
        store = os.path.join(folder, 'store.db')
        if replay(path, *options, store=store) != want:
            problems.append(f'{kind}: alerts')
        stores.append(rows(store))
        os.unlink(store)
        if run(program('scap'), 'cat', '-p', '*' + LINE, *options, path).splitlines() != want_shown:
            problems.append(f'{kind}: scap cat')
    if stores[0] != stores[1]:
        problems.append('the stores differ')
    for problem in problems:
        print(f'{name} {" ".join(options)}: {problem}')
    return len(problems), len(want)


def main():
    rng = random.Random(4)
    failed = alerts = spans = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, path in traces().items():
            native = os.path.join(folder, 'native.skr')
            events = []
            shown = []
            for line in run(program('scap'), 'cat', '-p', '*' + LINE, path).splitlines():
                number, time = line.split(b' ', 2)[:2]
                shown.append((line, int(number), int(time)))
                events.append((int(number), int(time)))
            if not events or len(events) > 200000:
                continue
            whole = []
            for line in replay(path):
                fields = json.loads(line)['output_fields']
                whole.append((line, fields['evt.num'], fields['evt.rawtime']))
            cut(path, native, max(len(events) // 7, 5))
            for _ in range(SPANS):
                wrong, found = check_span(name, {'stock': path, 'native': native}, whole, shown, events, rng, folder)
                failed += wrong
                alerts += found
                spans += 1
    print(f'{spans} spans with {alerts} alerts, {failed} differences')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
