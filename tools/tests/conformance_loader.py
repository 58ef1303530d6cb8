#!/usr/bin/env python3
"""What the loader says of rule files, and what it makes of them, against falco -V and falco -L.

The corpus has loader/expected.jsonl (validation results of 103 files), loader/described.jsonl and
oracle/described.json.zst (descriptions of the valid ones and of Falco's own rule files).
"""
import json
import subprocess
import sys

from corpus import corpus, program


def run(*command):
    return subprocess.run([program('ruletest'), *command], capture_output=True, text=True, errors='replace',
                          cwd=corpus('loader', 'rules'))


def checked():
    """(equal, all) of the validation results, as JSON and in exit status."""
    equal = total = 0
    for line in open(corpus('loader', 'expected.jsonl')):
        want = json.loads(line)
        got = run('check', '--json', want['file'])
        total += 1
        try:
            same = json.loads(got.stdout)['falco_load_results'] == want.get('falco_load_results')
        except (ValueError, KeyError):
            same = want.get('falco_load_results') is None
        if same and (got.returncode != 0) == (want['exit'] != 0):
            equal += 1
        else:
            print(f'{want["file"]}: another load result: {got.stdout[:200]}{got.stderr[:200]}')
    return equal, total


def rule_of(described):
    """The facts of a rule that loader/described.jsonl keeps."""
    info, details = described['info'], described['details']
    return {
        'condition': info['condition'], 'condition_compiled': details['condition_compiled'],
        'description': info['description'], 'enabled': info['enabled'], 'events': details['events'],
        'name': info['name'], 'output': info['output'], 'output_compiled': details['output_compiled'],
        'priority': info['priority'], 'source': info['source'], 'tags': info['tags'],
    }


def described_files():
    equal = total = 0
    for line in open(corpus('loader', 'described.jsonl')):
        want = json.loads(line)
        total += 1
        try:
            got = json.loads(run('describe', want['file']).stdout)
        except ValueError:
            print(f'{want["file"]}: no description')
            continue
        facts = {
            'file': want['file'], 'rules': [rule_of(rule) for rule in got['rules']],
            'macros': [{'condition': m['info']['condition'], 'name': m['info']['name']} for m in got['macros']],
            'lists': [{'items': l['info']['items'], 'name': l['info']['name']} for l in got['lists']],
        }
        off = [key for key in want if facts.get(key) != want[key]]
        equal += not off
        if off:
            print(f'{want["file"]}: described otherwise in {", ".join(off)}')
    return equal, total


def sorted_names(item):
    """Falco prints sets of names in the order of a hash table, we print them sorted."""
    sets = ('events', 'condition_fields', 'condition_operators', 'output_fields', 'macros', 'lists', 'plugins')
    details = {key: sorted(value) if key in sets else value for key, value in item['details'].items()}
    return {'info': item['info'], 'details': details}


def described_rules():
    """(equal, all) of the lists, macros and rules of Falco's three files together."""
    text = subprocess.run(['zstd', '-dcq', corpus('oracle', 'described.json.zst')], capture_output=True, check=True).stdout
    want = json.loads(text)
    names = ('falco_rules', 'falco-incubating_rules', 'falco-sandbox_rules')
    got = json.loads(run('describe', *(corpus('rules', name + '.yaml') for name in names)).stdout)
    equal = total = 0
    for kind in ('lists', 'macros', 'rules'):
        ours = {item['info']['name']: item for item in got[kind]}
        for item in want[kind]:
            total += 1
            mine = ours.get(item['info']['name'])
            same = mine is not None and sorted_names(mine) == sorted_names(item)
            equal += same
            if not same:
                print(f'{kind[:-1]} {item["info"]["name"]}: described otherwise')
    return equal, total


def main():
    figures = [('results', checked()), ('described files', described_files()), ("items of Falco's files", described_rules())]
    print('FIGURE loader: ' + ', '.join(f'{equal} of {total} {what}' for what, (equal, total) in figures) + ' equal')
    return 0 if all(equal == total for _, (equal, total) in figures) else 1


if __name__ == '__main__':
    sys.exit(main())
