#!/usr/bin/env python3
"""Suites for Falco's three rule files over the corpus, expecting what Falco answered.

For each file and each way of matching (all, first) a suite is written that expects every alert of
oracle/alerts/TRACE.MODE.jsonl, counted and one by one, and nothing else.  They must pass, say the same on one thread
and on two, and the same again from what was kept.
"""
import collections
import glob
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

from corpus import corpus, traces
from programs import program

FILES = ('falco_rules', 'falco-incubating_rules', 'falco-sandbox_rules')
SINGLE = 40  # alerts per trace and rule that get an expectation of their own


def rules_of(name):
    with open(corpus('rules', name + '.yaml'), encoding='utf-8') as file:
        return re.findall(r'^- rule: (.+?)\s*$', file.read(), re.M)


def oracle(mode):
    """trace -> rule -> numbers of events"""
    alerts = {}
    for path in sorted(glob.glob(corpus('oracle', 'alerts') + f'/*.{mode}.jsonl')):
        by_rule = alerts[os.path.basename(path).split('.')[0]] = collections.defaultdict(list)
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                alert = json.loads(line)
                by_rule[alert['rule']].append(alert['output_fields']['evt.num'])
    return alerts


def suite(name, mode, alerts):
    own, paths = set(rules_of(name)), traces()
    lines = ['rules:', *(f'  - {json.dumps(corpus("rules", file + ".yaml"))}' for file in FILES),
             'covers:', *(f'  - {json.dumps(rule)}' for rule in sorted(own)),
             f'matching: {mode}', 'traces:',
             *(f'  - {{name: {trace}, path: {json.dumps(paths[trace])}}}' for trace in alerts), 'expect:']
    cases = 0
    for trace, by_rule in alerts.items():
        for rule in sorted(own):
            nums = by_rule.get(rule, [])
            if not nums:
                continue
            head = f'  - {{rule: {json.dumps(rule)}, trace: {trace}, '
            lines.append(head + f'exactly: {len(nums)}}}')
            lines += [head + f'exactly: 1, where: evt.num = {num}}}' for num in nums[:SINGLE]]
            cases += 1 + len(nums[:SINGLE])
    # Not every rule has something in the corpus: a line for each says so.
    silent = own - {rule for by_rule in alerts.values() for rule in by_rule}
    lines += [f'  - {{rule: {json.dumps(rule)}, none: true}}' for rule in sorted(silent)]
    return '\n'.join(lines) + '\n', cases + len(silent) * len(alerts)


def run(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run([program('ruletest'), 'run', *arguments], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return result, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    cases = 0
    with tempfile.TemporaryDirectory() as folder:
        for mode in ('all', 'first'):
            alerts = oracle(mode)
            for name in FILES:
                text, n = suite(name, mode, alerts)
                cases += n
                with open(os.path.join(folder, f'{name}.{mode}.test.yaml'), 'w', encoding='utf-8') as file:
                    file.write(text)
        cache = os.path.join(folder, 'cache')
        first, cold = run('-v', '-j1', '--cache', cache, folder)
        again, warm = run('-v', '-j2', '--cache', cache, folder)
        two, _ = run('-v', '-j2', '--no-cache', folder)
    problems = []
    if first.returncode != 0:
        problems.append(first.stderr + '\n'.join(re.findall(r'^  failed.*(?:\n .*)*', first.stdout, re.M)[:20]))
    if not first.stdout == again.stdout == two.stdout:
        problems.append('-j1, -j2 and what was kept do not say the same')
    for problem in problems:
        print(problem)
    print(f'FIGURE suites of Falco\'s rules: {cases} cases on {len(traces())} traces, {cold:.1f} s of processor; '
          f'{warm:.1f} s when nothing changed')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
