#!/usr/bin/env python3
"""Slices, parts and redacted copies of every trace of the corpus give the alerts that the whole gives.

Rules are Falco's and the project's own, alerts with some fields of process, parent and fd.  Native slices must give the
same lines, event numbers included; stock slices cannot tell all of a state, so they are only counted.
"""
import json
import os
import random
import subprocess
import sys
import tempfile

from corpus import corpus, traces
from programs import program

FIELDS = 'evt.num proc.cmdline proc.pname proc.aname[2] proc.cwd fd.name user.name'.split()
NEUTRAL = '''
- rule: neutral
  desc: looks at nothing that scap redact replaces
  condition: evt.type in (execve, connect, clone, openat, procexit) and proc.name != ""
  output: "%evt.num %evt.type %evt.res %proc.name %proc.pid %proc.pname %proc.aname[3] %fd.num %fd.typechar %user.uid %proc.nchilds"
  priority: INFO
'''


def scap(*words):
    run = subprocess.run([program('scap'), *words], capture_output=True)
    if run.returncode != 0:
        print(f'scap {" ".join(words)}: {run.stderr.decode(errors="replace").strip()}')
    return run.returncode == 0


def alerts(trace, rules, fields=()):
    command = [program('replay'), '-q', '-o', 'json']
    for rule in rules:
        command += ['-r', rule]
    for field in fields:
        command += ['--extra-field', field]
    lines = subprocess.run(command + [trace], capture_output=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def number(alert):
    return alert['output_fields']['evt.num']


def events(trace):
    run = subprocess.run([program('scap'), 'info', '--json', trace], capture_output=True)
    return json.loads(run.stdout)['events']['shown']


def main():
    rules = [os.path.join(os.environ['SAKER_SOURCE_DIR'], 'rules'), corpus('rules', 'falco_rules.yaml')]
    random.seed(20)
    spans = equal = wanted = stock = parts = redacted = n = 0
    with tempfile.TemporaryDirectory() as work:
        neutral = os.path.join(work, 'neutral.yaml')
        with open(neutral, 'w') as file:
            file.write(NEUTRAL)
        native, plain, part, token = (os.path.join(work, name) for name in ('a.skr', 'a.scap', 'p.skr', 'r.skr'))
        for name, trace in sorted(traces().items()):
            whole, count = alerts(trace, rules, FIELDS), events(trace)
            n += 1
            for _ in range(2):
                first = random.randint(1, max(count, 1))
                last = random.randint(first, max(count, 1))
                want = [alert for alert in whole if first <= number(alert) <= last]
                span = ['--from', f'#{first}', '--to', f'#{last}', trace]
                spans += 1
                wanted += len(want)
                if scap('slice', *span, native) and alerts(native, rules, FIELDS) == want:
                    equal += 1
                else:
                    print(f'{name}: events {first} to {last}: other alerts')
                if scap('slice', *span, plain):
                    stock += min(len(alerts(plain, rules, FIELDS)), len(want))
            scap('split', '--events', str(count // 3 + 1), trace, part)
            got = [alert for i in range(1, 5) if os.path.exists(path := part.replace('.skr', f'.{i:04}.skr'))
                   for alert in (alerts(path, rules, FIELDS), os.remove(path))[0]]
            parts += got == whole
            scap('redact', trace, token)
            redacted += alerts(token, [neutral]) == alerts(trace, [neutral])
    print(f'FIGURE slices: {equal} of {spans} native slices give the same alerts, stock slices {stock} of {wanted} alerts')
    print(f'FIGURE parts: {parts} of {n} traces in parts give the same alerts, {redacted} of {n} redacted ones')
    return 0 if equal == spans and parts == redacted == n else 1


if __name__ == '__main__':
    sys.exit(main())
