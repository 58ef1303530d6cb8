#!/usr/bin/env python3
"""Every command that reads what others wrote is confined before it reads it.

What a command reads is a pipe without a writer: it stands still when it opens that, and the kernel tells how it is
confined.  Environment: SAKER_SOURCE_DIR, SAKER_BIN_DIR.
"""
import ctypes
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from programs import SOURCE, program, skip

# They start programs, or read nothing that others wrote.
UNCONFINED = {'rec', 'scap keygen', 'matches schema', 'ruletest record'}

PATIENCE = 20  # seconds, for a command that is not confined

# PIPE is what the command waits for.
COMMANDS = {
    'replay': ['-r', 'small.yaml', '--db', 'new.db', 'PIPE'],
    'scap cat': ['PIPE'],
    'scap hunt': ['PIPE', 'evt.type = open'],
    'scap info': ['PIPE'],
    'scap state': ['--at', '+1s', 'PIPE'],
    'scap convert': ['PIPE', 'out.skr'],
    'scap slice': ['PIPE', 'out.skr'],
    'scap split': ['-n', '5', 'PIPE', 'out.skr'],
    'scap merge': ['PIPE', 'host-small.scap', 'out.skr'],
    'scap redact': ['PIPE', 'out.skr'],
    'scap verify': ['PIPE'],
    'scap recover': ['PIPE', 'out.skr'],
    'scap sign': ['--key', 'key', 'PIPE'],
    'matches list': ['--db', 'PIPE'],
    'matches show': ['--db', 'PIPE', '1'],
    'matches stats': ['--db', 'PIPE'],
    'matches tree': ['--db', 'PIPE'],
    'matches timeline': ['--db', 'PIPE'],
    'matches export': ['--db', 'PIPE'],
    'matches merge': ['new.db', 'PIPE'],
    'matches sql': ['--db', 'PIPE', 'SELECT 1'],
    'ruletest run': ['--cache', 'answers', '--update', 'pipe.test.yaml'],
    'ruletest explain': ['-r', 'small.yaml', '--rule', 'Program started', '--every', 'PIPE'],
    'ruletest diff': ['--cache', 'answers', 'small.yaml', 'other.yaml', 'PIPE'],
    'ruletest coverage': ['-r', 'small.yaml', 'PIPE'],
    'ruletest profile': ['-r', 'small.yaml', 'PIPE'],
    'ruletest tune': ['-r', 'small.yaml', '--rule', 'Program started', '--event', '1', 'PIPE'],
    'ruletest lint': ['--fix', 'PIPE'],
    'ruletest check': ['PIPE'],
    'ruletest describe': ['PIPE'],
}


def commands_of(name):
    text = subprocess.run([program(name), '--help'], capture_output=True, text=True, check=True).stdout
    listed = re.search(r'\nCommands:\n((?:  \S.*\n)+)', text)
    return [f'{name} {line.split()[0]}' for line in listed[1].splitlines()] if listed else [name]


def status_of(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return dict(line.rstrip('\n').split(':\t', 1) for line in file if ':\t' in line)


def is_confined(pid):
    """No new privileges, and one filter of system calls more than this process has."""
    now, own = status_of(pid), status_of('self')
    if 'Seccomp_filters' in now:
        return now['NoNewPrivs'] == '1' and int(now['Seccomp_filters']) > int(own['Seccomp_filters'])
    return now['NoNewPrivs'] == '1' and now['Seccomp'] == '2'


def is_waiting(pid):
    return is_confined(pid) and status_of(pid)['State'].startswith('S')


def waits_confined(command, options):
    """What is wrong with a command that comes to the pipe; None: nothing."""
    name, *rest = command.split()
    words = [program(name), *rest, *(option.replace('PIPE', 'pipe.skr') for option in options)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        until = time.monotonic() + PATIENCE
        while child.poll() is None and not is_waiting(child.pid) and time.monotonic() < until:
            time.sleep(0.002)
        if child.poll() is not None:
            return f'ended with {child.returncode}: {child.stdout.read()}'
        confined = is_waiting(child.pid)
        child.kill()
    return None if confined else 'opened what others wrote unconfined'


def knows_landlock():
    create_ruleset, version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, version) > 0


def attaches(*options):
    """Does a question in SQL come to another file than the store?"""
    words = [program('matches'), 'sql', *options, '--db', 'stores/a.db', "ATTACH 'other.db' AS other"]
    return subprocess.run(words, capture_output=True, text=True, check=False).returncode == 0


def store_problems():
    if not attaches('--no-sandbox'):
        yield 'matches: without confinement another file is out of reach, too: the next line says nothing'
    if attaches():
        yield 'matches: another file is within reach of a question in SQL'
    with sqlite3.connect('stores/a.db') as store:
        store.execute('PRAGMA journal_mode = WAL')
    store.close()
    run = subprocess.run([program('matches'), 'stats', '--db', 'stores/a.db'], capture_output=True, text=True, check=False)
    if run.returncode != 1 or 'WAL mode' not in run.stderr:
        yield f'matches: of a store that wants files beside it: {run.returncode}: {run.stderr}'
    if os.listdir('stores') != ['a.db']:
        yield f'matches: wrote beside a store: {os.listdir("stores")}'


def problems():
    for name in ('rec', 'replay', 'scap', 'matches', 'ruletest'):
        for command in commands_of(name):
            if command not in UNCONFINED and command not in COMMANDS:
                yield f'{command}: nobody says what it is confined to'
    for command, options in COMMANDS.items():
        wrong = waits_confined(command, options)
        if wrong:
            yield f'{command}: {wrong}'
    if knows_landlock():
        yield from store_problems()


def main():
    if not os.path.exists('/proc/self/syscall') or 'Seccomp' not in status_of('self'):
        skip('this kernel does not tell how a process is confined')
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(os.path.join(SOURCE, 'testdata/traces/host-small.scap'), folder)
        shutil.copy(os.path.join(SOURCE, 'testdata/rules/small.yaml'), folder)
        os.chdir(folder)
        with open('small.yaml', encoding='utf-8') as small, open('other.yaml', 'w', encoding='utf-8') as other:
            other.write(small.read().replace('condition: ', 'condition: proc.name != none and ', 1))
        os.mkfifo('pipe.skr')
        os.mkdir('stores')
        with open('pipe.test.yaml', 'w', encoding='ascii') as file:
            file.write('rules: small.yaml\ntraces: [pipe.skr]\nexpect: [{rule: Program started, exactly: 1}]\n')
        subprocess.run([program('scap'), 'keygen', 'key'], capture_output=True, check=True)
        subprocess.run([program('replay'), '-q', '-o', 'none', '--db', 'stores/a.db', '-r', 'small.yaml',
                        'host-small.scap'], check=True)
        with sqlite3.connect('other.db') as other:
            other.execute('CREATE TABLE t (x)')
        found = list(problems())
    for problem in found:
        print(problem)
    print(f'{len(COMMANDS)} commands: {len(found)} problems')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
