#!/usr/bin/env python3
"""Load the corpus's rule files and compare with what Falco said of them and made of them.

The corpus has Falco's answers:
loader/expected.jsonl      the JSON of falco -V, one rule file each: equal in full
loader/described.jsonl     what falco -L told of those that load: conditions, outputs and events
legacy/expected.jsonl      codes, items and messages of files loaded in a row
oracle/described.json.zst  all that falco -L tells of Falco's own three rule files
"""
import json
import os
import subprocess
import sys

from corpus import corpus
from programs import program

RULES = ('falco_rules', 'falco-incubating_rules', 'falco-sandbox_rules')

# Falco prints these in the order of a hash table.
UNORDERED = ('events', 'condition_fields', 'condition_operators', 'exception_fields', 'exception_names',
             'exception_operators', 'macros', 'lists', 'plugins')


def ruletest(folder, *args):
    """Exit status and the JSON printed, None if there is none."""
    run = subprocess.run([program('ruletest'), *args], cwd=corpus(folder), capture_output=True, text=True,
                         errors='replace')
    try:
        return run.returncode, json.loads(run.stdout)
    except json.JSONDecodeError:
        return run.returncode, None


def cases_of(*path):
    with open(corpus(*path), encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def first_difference(want, got, where=''):
    if isinstance(want, dict) and isinstance(got, dict):
        pairs = [(f'{where}.{key}', want.get(key), got.get(key)) for key in sorted(set(want) | set(got))]
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        pairs = [(f'{where}[{i}]', a, b) for i, (a, b) in enumerate(zip(want, got))]
    else:
        return f'{where}: want {str(want)[:300]}, got {str(got)[:300]}'
    return next((first_difference(a, b, place) for place, a, b in pairs if a != b), where)


class Score:
    def __init__(self, what):
        self.what, self.equal, self.all = what, 0, 0

    def add(self, name, want, got):
        self.all += 1
        if want == got:
            self.equal += 1
        else:
            print(f'{name}: {first_difference(want, got)}')

    def tell(self):
        print(f'FIGURE {self.what}: {self.equal} of {self.all} equal')
        return self.equal == self.all


def loads():
    score = Score('loader')
    for case in cases_of('loader', 'expected.jsonl'):
        code, got = ruletest('loader/rules', 'check', '--json', case['file'])
        want = {'falco_load_results': case['falco_load_results']}
        score.add(case['file'], (case['exit'] != 0, want), (code != 0, got))
    return score


def short_result(result):
    short = {'name': os.path.basename(result['name']), 'successful': result['successful']}
    for kind in ('errors', 'warnings'):
        short[kind] = [{'code': d['code'], 'message': d['message'],
                        'items': [[at['item_type'], at['item_name']] for at in d['context']['locations']]}
                       for d in result[kind]]
    return short


def legacy_loads():
    score = Score('legacy loader')
    for case in cases_of('legacy', 'expected.jsonl'):
        if not case['validate']:
            continue
        code, got = ruletest('legacy/rules', 'check', '--json', *case['rules_files'])
        got = got and [short_result(result) for result in got['falco_load_results']]
        score.add(case['test'], (case['validate_exit'] != 0, case['validate']), (code != 0, got))
    return score


def short_description(got, name):
    def info(item, *keys):
        return {key: item['info'][key] for key in keys}

    def rule(item):
        details = ('condition_compiled', 'output_compiled', 'events')
        return info(item, 'name', 'description', 'condition', 'output', 'priority', 'source', 'tags',
                    'enabled') | {key: item['details'][key] for key in details}

    return {'file': name,
            'lists': [info(item, 'name', 'items') for item in got['lists']],
            'macros': [info(item, 'name', 'condition') for item in got['macros']],
            'rules': [rule(item) for item in got['rules']]}


def descriptions():
    score = Score('described')
    for case in cases_of('loader', 'described.jsonl'):
        _, got = ruletest('loader/rules', 'describe', case['file'])
        score.add(case['file'], case, got and short_description(got, case['file']))
    return score


def sorted_details(item):
    details = {key: sorted(value) if key in UNORDERED and isinstance(value, list) else value
               for key, value in item['details'].items()}
    return {'info': item['info'], 'details': details}


def falcos_rules():
    score = Score("described, Falco's rules")
    packed = corpus('oracle', 'described.json.zst')
    want = json.loads(subprocess.run(['zstd', '-dcq', packed], capture_output=True, check=True).stdout)
    _, got = ruletest('rules', 'describe', *(name + '.yaml' for name in RULES))
    for kind in ('lists', 'macros', 'rules'):
        found = {item['info']['name']: sorted_details(item) for item in (got or {}).get(kind, [])}
        for item in want[kind]:
            name = item['info']['name']
            score.add(name, sorted_details(item), found.pop(name, None))
        for name in found:
            score.add(name, None, 'is not in the rules')
    return score


def main():
    good = [score.tell() for score in (loads(), legacy_loads(), descriptions(), falcos_rules())]
    return 0 if all(good) else 1


if __name__ == '__main__':
    sys.exit(main())
