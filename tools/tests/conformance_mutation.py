#!/usr/bin/env python3
"""Change one operator, literal or list item of a rule: the suite must notice, and explain must name the clause.

Fifty of our own rules, on the traces that come with the project.  Whether a change matters is asked of replay: where
the rule answers at other events than before, `ruletest run` with a suite that expects the old ones must fail, and
`ruletest explain` at an event gained or lost must count the changed clause among those that decide.
"""
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from corpus import ROOT, program

TRACES = [os.path.join(ROOT, 'testdata/traces', name) for name in ('host1.scap.gz', 'container1.scap.gz', 'crafted.scap')]
RULES = os.path.join(ROOT, 'rules')
WANTED, PER_RULE = 50, 3
OPERATORS = {'=': '!=', '!=': '=', 'startswith': 'endswith', 'endswith': 'startswith', 'contains': '=', '>=': '<',
             '<': '>=', '<=': '>', '>': '<=', 'glob': '='}


def conditions():
    """rule -> its condition on one line"""
    found = {}
    for name in sorted(os.listdir(RULES)):
        if name.endswith('.yaml') and not name.endswith('.test.yaml'):
            with open(os.path.join(RULES, name), encoding='utf-8') as file:
                for rule, text in re.findall(r'^- rule: (.+?)\n.*?^  condition: (.*?)^  output:', file.read(),
                                             re.M | re.S):
                    found[rule] = ' '.join(text.lstrip('>-|').split())
    return found


def mutants(condition, generator):
    """(place, text): one change each."""
    found = []
    for m in re.finditer(r'(?<=\s)(!=|>=|<=|=|<|>|startswith|endswith|contains|glob)(?=\s)', condition):
        found.append((m.start(), condition[:m.start()] + OPERATORS[m[1]] + condition[m.end():]))
    for m in re.finditer(r'(?<=[=<>] )([\w./-]+)(?=[\s)]|$)', condition):
        new = str(int(m[1]) + 1) if m[1].isdigit() else {'true': 'false', 'false': 'true'}.get(m[1], m[1] + 'x')
        found.append((m.start(), condition[:m.start()] + new + condition[m.end():]))
    for m in re.finditer(r'in \(([^()]+)\)', condition):
        items = [item.strip() for item in m[1].split(',')]
        for i, item in enumerate(items):
            rest = items[:i] + items[i + 1:] if len(items) > 1 else [item.strip('"\'') + 'x']
            found.append((m.start(), condition[:m.start()] + f'in ({", ".join(rest)})' + condition[m.end():]))
    generator.shuffle(found)
    return found


def answers(rules):
    """rule -> set of (trace, event)"""
    found = collections.defaultdict(set)
    for trace in TRACES:
        command = [program('replay'), '-q', '-o', 'json', '--rule-matching', 'all', '--extra-field', 'evt.num']
        for path in rules:
            command += ['-r', path]
        result = subprocess.run([*command, trace], capture_output=True, text=True, errors='replace', check=False)
        if result.returncode != 0:
            return None
        for line in result.stdout.splitlines():
            alert = json.loads(line)
            found[alert['rule']].add((trace, alert['output_fields']['evt.num']))
    return found


def write_suite(path, rules, rule, expected):
    lines = ['rules: ' + json.dumps(rules), 'covers: ' + json.dumps([rule]), 'traces: ' + json.dumps(TRACES), 'expect:']
    for trace in TRACES:
        nums = sorted(num for where, num in expected if where == trace)
        lines += [f'  - {{rule: {json.dumps(rule)}, trace: {json.dumps(trace)}, exactly: 1, where: evt.num = {num}}}'
                  for num in nums[:50]]
        lines.append(f'  - {{rule: {json.dumps(rule)}, trace: {json.dumps(trace)}, exactly: {len(nums)}}}')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines) + '\n')


def checks_of(clause):
    if 'check' in clause:
        yield clause
    for kid in clause.get('clauses', []):
        yield from checks_of(kid)


def is_named(rules, rule, trace, num, mutant, column):
    """Does explain count the check at (or before) this column of the mutant among those that decide?"""
    command = [program('ruletest'), 'explain', '--json', '--rule', rule, '--event', str(num)]
    for path in rules:
        command += ['-r', path]
    result = subprocess.run([*command, trace], capture_output=True, text=True, errors='replace', check=False)
    if result.returncode != 0 or not json.loads(result.stdout)['events']:
        return False
    own = [c for c in checks_of(json.loads(result.stdout)['events'][0]['condition'])
           if c['file'] == mutant and c.get('col')]
    place = max((c['col'] for c in own if c['col'] <= column), default=None)
    return any(c['col'] == place and c.get('decides') for c in own)


def main():
    generator = random.Random(1)
    before = answers([RULES])
    candidates = [(rule, text) for rule, text in conditions().items() if before.get(rule)]
    tried = changed = noticed = named = rules_seen = 0
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        mutant, suite = os.path.join(folder, 'mutant.yaml'), os.path.join(folder, 'a.test.yaml')
        for rule, condition in candidates:
            if rules_seen == WANTED:
                break
            rules, done = [RULES, mutant], 0
            write_suite(suite, rules, rule, before[rule])
            for place, text in mutants(condition, generator):
                if done == PER_RULE:
                    break
                with open(mutant, 'w', encoding='utf-8') as file:
                    file.write(f'- rule: {rule}\n  condition: >\n    {text}\n  override: {{condition: replace}}\n')
                after = answers(rules)
                tried += 1
                if after is None or after[rule] == before[rule]:
                    continue
                done += 1
                changed += 1
                result = subprocess.run([program('ruletest'), 'run', '--no-cache', suite], capture_output=True,
                                        text=True, check=False)
                noticed += result.returncode == 1
                if result.returncode != 1:
                    missed.append(f'{rule}: not noticed: {text}')
                trace, num = sorted(after[rule] ^ before[rule])[0]
                if is_named(rules, rule, trace, num, mutant, place + 5):
                    named += 1
                else:
                    missed.append(f'{rule}: not named at event {num}, column {place + 5}: {text}')
            rules_seen += done > 0
    for line in missed:
        print(line)
    print(f'FIGURE mutations: {rules_seen} rules, {tried} changes, {changed} that change alerts; run notices {noticed}, '
          f'explain names the clause of {named} ({100 * named / max(changed, 1):.1f} %)')
    return 0 if noticed == changed and named >= 0.95 * changed and rules_seen >= WANTED else 1


if __name__ == '__main__':
    sys.exit(main())
