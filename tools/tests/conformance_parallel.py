#!/usr/bin/env python3
"""All traces of the corpus on one command line with Falco's rules: lines, summary and store of -j 1, -j 2 and -j 7
must be the same.  (Single traces cut into many segments: test_pump_parallel.)
"""
import os
import subprocess
import sys
import tempfile

from corpus import corpus
from programs import program

RULES = ('falco_rules', 'falco-incubating_rules', 'falco-sandbox_rules')
# Everything but when it was replayed.
TABLES = ('processes', 'programs', 'containers', 'messages', 'keys', 'field_values', 'matches', 'losses', 'gaps')


def rows(path):
    import sqlite3
    db = sqlite3.connect(path)
    return {table: db.execute(f'SELECT * FROM {table}').fetchall() for table in TABLES}


def replay(jobs, store):
    command = [program('replay'), '-j', str(jobs), '-o', 'json', '--db', store]
    for name in RULES:
        command += ['-r', corpus('rules', name + '.yaml')]
    run = subprocess.run(command + [corpus('traces')], capture_output=True)
    return run.returncode, run.stdout, run.stderr, rows(store)


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        want = replay(1, os.path.join(folder, '1.db'))
        for jobs in (2, 7):
            same = replay(jobs, os.path.join(folder, f'{jobs}.db')) == want
            print(f'-j {jobs}: {"the same as" if same else "not what"} -j 1 found: {want[1].count(b"{")} lines')
            failed += not same
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
