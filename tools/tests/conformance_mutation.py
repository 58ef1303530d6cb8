#!/usr/bin/env python3
"""Change one operator, literal or list item of a rule: the suite must notice, and explain must name the clause.

Fifty of our own rules, on the traces that come with the project; each changed rule stands under a name of its own, so
that all are replayed together.  Whether a change matters is asked of replay: where a rule answers at other events than
before, `ruletest run` with a suite that expects the old ones must fail, and `ruletest explain` at an event gained or
lost must count the changed clause among those that decide.
"""
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from programs import SOURCE, program

NAMES = ('host1.scap.gz', 'container1.scap.gz', 'crafted.scap')
TRACES = [os.path.join(SOURCE, 'testdata/traces', name) for name in NAMES]
RULES = os.path.join(SOURCE, 'rules')
WANTED, TRIED, PER_RULE, SINGLE = 50, 8, 2, 40
OPERATORS = {'=': '!=', '!=': '=', 'startswith': 'endswith', 'endswith': 'startswith', 'contains': '=', '>=': '<',
             '<': '>=', '<=': '>', '>': '<=', 'glob': '='}


def conditions():
    """rule -> its condition on one line"""
    found = {}
    for name in sorted(os.listdir(RULES)):
        if name.endswith('.yaml') and not name.endswith('.test.yaml'):
            with open(os.path.join(RULES, name), encoding='utf-8') as file:
                for rule, text in re.findall(r'^- rule: (.+?)\n.*?^  condition: (.*?)^  \w', file.read(), re.M | re.S):
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


def written(name, condition):
    return (f'- rule: {json.dumps(name)}\n  desc: changed\n  condition: >\n    {condition}\n'
            '  output: changed\n  priority: INFO\n')


def write(path, texts):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(''.join(texts))


def meaningful(path, texts):
    """Those that load: some changes make nonsense, and are found by halves."""
    write(path, texts.values())
    command = [program('ruletest'), 'check', RULES, path]
    if subprocess.run(command, capture_output=True, check=False).returncode == 0:
        return texts
    if len(texts) == 1:
        return {}
    names, half = list(texts), len(texts) // 2
    return {**meaningful(path, {name: texts[name] for name in names[:half]}),
            **meaningful(path, {name: texts[name] for name in names[half:]})}


def answers(path):
    """rule -> set of (trace, event)"""
    found = collections.defaultdict(set)
    for trace in TRACES:
        command = [program('replay'), '-q', '-o', 'json', '--rule-matching', 'all', '--extra-field', 'evt.num',
                   '-r', RULES, '-r', path, trace]
        result = subprocess.run(command, capture_output=True, text=True, errors='replace', check=True)
        for line in result.stdout.splitlines():
            alert = json.loads(line)
            found[alert['rule']].add((trace, alert['output_fields']['evt.num']))
    return found


def failing(folder, path, expected):
    """Names of rules with a case that fails, when each is expected to answer as the rule it was made from."""
    lines = ['rules: ' + json.dumps([RULES, path]), 'unexpected: ignore', 'traces: ' + json.dumps(TRACES), 'expect:']
    for name, events in expected.items():
        for trace in TRACES:
            nums = sorted(num for where, num in events if where == trace)
            head = f'  - {{rule: {json.dumps(name)}, trace: {json.dumps(trace)}, '
            lines += [head + f'exactly: 1, where: evt.num = {num}}}' for num in nums[:SINGLE]]
            lines.append(head + f'exactly: {len(nums)}}}')
    suite = os.path.join(folder, 'a.test.yaml')
    with open(suite, 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines) + '\n')
    result = subprocess.run([program('ruletest'), 'run', '--no-cache', '-o', 'json', suite], capture_output=True,
                            text=True, check=False)
    if result.returncode not in (0, 1):
        sys.exit(result.stderr)
    return {case['rule'] for case in json.loads(result.stdout)['suites'][0]['cases'] if case['status'] == 'failed'}


def checks_of(clause):
    if 'check' in clause:
        yield clause
    for kid in clause.get('clauses', []):
        yield from checks_of(kid)


def is_named(folder, name, condition, trace, num, place):
    """Does explain count the check at this place of the condition among those that decide?"""
    path = os.path.join(folder, 'one.yaml')
    write(path, [written(name, condition)])
    command = [program('ruletest'), 'explain', '--json', '--rule', name, '--event', str(num),
               '-r', RULES, '-r', path, trace]
    result = subprocess.run(command, capture_output=True, text=True, errors='replace', check=False)
    if result.returncode != 0:
        return False
    own = [c for c in checks_of(json.loads(result.stdout)['events'][0]['condition'])
           if c['file'] == path and c.get('col')]
    column = max((c['col'] for c in own if c['col'] <= place + 5), default=None)
    return any(c['col'] == column and c.get('decides') for c in own)


def main():
    generator = random.Random(1)
    changes = {}  # name -> (rule, place, condition)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'changed.yaml')
        write(path, [])
        answering = answers(path)
        for rule, condition in conditions().items():
            if not answering[rule]:
                continue
            for n, (place, text) in enumerate(mutants(condition, generator)[:TRIED]):
                changes[f'{rule} ~{n}'] = (rule, place, text)
        texts = meaningful(path, {name: written(name, text) for name, (_, _, text) in changes.items()})
        write(path, texts.values())
        found = answers(path)
        by_rule = collections.defaultdict(list)
        for name in texts:
            rule = changes[name][0]
            if found[rule] and found[name] != found[rule] and len(by_rule[rule]) < PER_RULE:
                by_rule[rule].append(name)
        rules = [rule for rule in by_rule if by_rule[rule]][:WANTED]
        chosen = [name for rule in rules for name in by_rule[rule]]
        noticed = failing(folder, path, {name: found[changes[name][0]] for name in chosen})
        missed, named = [f'{name}: not noticed' for name in chosen if name not in noticed], 0
        for name in chosen:
            rule, place, text = changes[name]
            trace, num = sorted(found[name] ^ found[rule])[0]
            if is_named(folder, name, text, trace, num, place):
                named += 1
            else:
                missed.append(f'{name}: not named at event {num} of {os.path.basename(trace)}, place {place}: {text}')
    for line in missed:
        print(line)
    print(f'FIGURE mutations: {len(rules)} rules, {len(chosen)} changes that change alerts; run notices '
          f'{len(noticed & set(chosen))}, explain names the clause of {named} ({100 * named / len(chosen):.1f} %)')
    return 0 if set(chosen) <= noticed and named >= 0.95 * len(chosen) and len(rules) >= WANTED else 1


if __name__ == '__main__':
    sys.exit(main())
