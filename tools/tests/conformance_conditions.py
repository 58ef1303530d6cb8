#!/usr/bin/env python3
"""Random conditions over all operators, types and transformers: refused where Falco refuses them, else true at
exactly the same events.

The corpus has them in oracle/conditions: valid.yaml, invalid.yaml, and per trace the event numbers at which each valid
one holds.
"""
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile

from corpus import corpus, traces
from programs import program


def refused():
    """(refused, all) of the conditions that do not compile in Falco."""
    check = program('ruletest')
    lines = [line[2:] for line in open(corpus('oracle', 'conditions', 'invalid.yaml'))]
    accepted = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'one.yaml')
        for line in lines:
            with open(path, 'w') as file:
                file.write('- ' + line)
            if subprocess.run([check, 'check', path], capture_output=True).returncode == 0:
                accepted.append(json.loads(line))
    for rule in accepted:
        print(f'accepted, but invalid: {rule["rule"]}: {rule["condition"]}')
    return len(lines) - len(accepted), len(lines)


def events_by_rule(trace):
    command = [program('replay'), '-q', '-o', 'json', '--extra-field', 'evt.num',
               '-r', corpus('oracle', 'conditions', 'valid.yaml'), trace]
    run = subprocess.run(command, capture_output=True, text=True, errors='replace')
    events = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        alert = json.loads(line)
        events[alert['rule']].append(alert['output_fields']['evt.num'])
    return events


def main():
    equal = total = 0
    for path in sorted(glob.glob(corpus('oracle', 'conditions') + '/*.jsonl.zst')):
        name = os.path.basename(path).split('.')[0]
        got = events_by_rule(traces()[name])
        text = subprocess.run(['zstd', '-dcq', path], capture_output=True, text=True, check=True).stdout
        for want in map(json.loads, text.splitlines()):
            total += 1
            if got[want['rule']] == want['evt.num']:
                equal += 1
            else:
                off = sorted(set(got[want['rule']]) ^ set(want['evt.num']))
                print(f'{name} {want["rule"]}: {len(off)} events differ, first {off[:3]}')
    right, invalid = refused()
    print(f'FIGURE conditions: {equal} of {total} true at the same events, {right} of {invalid} invalid ones refused')
    return 0 if equal == total and right == invalid else 1


if __name__ == '__main__':
    sys.exit(main())
