#!/usr/bin/env python3
"""Replay every trace of the corpus with Falco's rule files and compare with Falco's alerts.

The corpus (SAKER_CORPUS, or ../shared/corpus beside the checkout) has the JSON lines that Falco printed in
oracle/alerts/TRACE.MODE.jsonl, MODE being the rule_matching first or all.  Lines must be equal byte for byte, but
for the host name: Falco tells where it ran, replay where the trace was recorded.
"""
import glob
import os
import re
import subprocess
import sys

from corpus import corpus, traces
from programs import program

EXTRA = ('evt.num evt.type proc.pid thread.tid proc.ppid proc.name proc.exepath proc.cmdline proc.pname '
         'container.id fd.name fd.type evt.args evt.res evt.rawres').split()
RULES = ('falco_rules', 'falco-incubating_rules', 'falco-sandbox_rules')


def alerts_of(trace, mode):
    command = [program('replay'), '-q', '-o', 'json', '--rule-matching', mode]
    for field in EXTRA:
        command += ['--extra-field', field]
    for name in RULES:
        command += ['-r', corpus('rules', name + '.yaml')]
    run = subprocess.run(command + [trace], capture_output=True)
    if run.returncode != 0:
        print(f'{trace}: exit {run.returncode}: {run.stderr.decode(errors="replace").strip()}')
    return run.stdout.splitlines()


def without_host(line):
    return re.sub(rb'^{"hostname":"(?:[^"\\]|\\.)*",', b'{', line)


def first_difference(want, got):
    for number, (a, b) in enumerate(zip(want, got), 1):
        if a != b:
            return f'alert {number}\n  want {a.decode(errors="replace")}\n  got  {b.decode(errors="replace")}'
    return f'{len(want)} alerts wanted, {len(got)} found'


def main():
    oracle = corpus('oracle', 'alerts')
    paths = traces()
    runs = equal_runs = wanted = equal = 0
    for path in sorted(glob.glob(os.path.join(oracle, '*.jsonl'))):
        name, mode = os.path.basename(path).split('.')[:2]
        with open(path, 'rb') as file:
            want = [without_host(line) for line in file.read().splitlines()]
        got = [without_host(line) for line in alerts_of(paths[name], mode)]
        runs += 1
        wanted += len(want)
        equal += sum(a == b for a, b in zip(want, got))
        if want == got:
            equal_runs += 1
        else:
            print(f'{name} {mode}: first difference: {first_difference(want, got)}')
    print(f'FIGURE alerts: {equal_runs} of {runs} runs equal byte for byte, {equal} of {wanted} alerts')
    return 0 if equal_runs == runs else 1


if __name__ == '__main__':
    sys.exit(main())
