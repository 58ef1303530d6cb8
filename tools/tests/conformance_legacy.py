#!/usr/bin/env python3
"""The regression cases of Falco 0.34.1: rule files, a trace, and what Falco 0.44.1 makes of them.

The corpus (SAKER_CORPUS, or ../shared/corpus beside the checkout) has them in legacy/expected.jsonl: rule files
loaded in this order, the trace, the exit status, and the alerts with rule_matching first.
"""
import json
import os
import subprocess
import sys

from corpus import corpus
from programs import program

# Falco's answer is about another trace called empty.scap: its events are 46 minutes younger than the corpus's.
OTHER_TRACE = ('test_warnings',)


def shape(alert):
    fields = alert.get('output_fields', alert)
    return (fields['evt.num'], alert['rule'], alert['priority'], alert['output'], sorted(alert['tags']))


def problem(case):
    """What is wrong with the answer to this case, or None."""
    legacy = corpus('legacy', 'rules')
    command = [program('replay'), '-q', '-o', 'json', '--rule-matching', 'first', '--extra-field', 'evt.num']
    for name in case['rules_files']:
        command += ['-r', os.path.join(legacy, name)]
    command.append(corpus('traces', 'stock', case['trace']))
    run = subprocess.run(command, capture_output=True, text=True, errors='replace')
    if (run.returncode != 0) != (case['run_exit'] != 0):
        return f'exit {run.returncode}, wanted {case["run_exit"]}: {run.stderr.strip()[:300]}'
    want = [shape(alert) for alert in case['alerts'] or []]
    got = [shape(json.loads(line)) for line in run.stdout.splitlines()]
    if want != got:
        at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
        return f'{len(got)} alerts, wanted {len(want)}; first difference {want[at:at + 1]} -> {got[at:at + 1]}'
    return None


def main():
    with open(corpus('legacy', 'expected.jsonl'), encoding='utf-8') as file:
        cases = [json.loads(line) for line in file]
    good = 0
    for case in cases:
        if case['test'] in OTHER_TRACE:
            print(f'{case["test"]}: not comparable, the corpus has another {case["trace"]}')
            continue
        wrong = problem(case)
        good += wrong is None
        if wrong:
            print(f'{case["test"]}: {wrong}')
    comparable = sum(case['test'] not in OTHER_TRACE for case in cases)
    print(f'FIGURE legacy: {good} of {len(cases)} cases ({len(cases) - comparable} not comparable)')
    return 0 if good == comparable else 1


if __name__ == '__main__':
    sys.exit(main())
