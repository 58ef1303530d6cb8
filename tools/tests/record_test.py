#!/usr/bin/env python3
"""Record a command with ruletest, which takes root and a kernel that lets BPF programs in; skipped elsewhere."""
import os
import subprocess
import sys
import tempfile

from programs import SOURCE, program, skip


def main():
    if os.geteuid() != 0:
        skip('recording needs root')
    for name in ('rec', 'scap', 'replay'):
        program(name)
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, 'shadow')
        probe = subprocess.run([program('rec'), '-q', '-o', os.path.join(folder, 'probe.skr'), '-d', '1s'],
                               capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            skip('rec does not record here: ' + probe.stderr.strip())
        rules = os.path.join(SOURCE, 'rules')
        run = subprocess.run([program('ruletest'), 'record', name, '-r', rules, '--', 'sh', '-c',
                              'A_SECRET=hush cat /etc/shadow >/dev/null; exit 3'],
                             capture_output=True, text=True, check=False)
        problems = []
        if run.returncode != 0 or 'ended with status 3' not in run.stdout:
            problems.append(f'exit {run.returncode}: {run.stdout}{run.stderr}')
        else:
            with open(name + '.test.yaml', encoding='utf-8') as file:
                if 'Password hashes read, trace: recorded, exactly: 1' not in file.read():
                    problems.append('the draft does not expect what the rules answer')
            again = subprocess.run([program('ruletest'), 'run', '--no-cache', name + '.test.yaml'], check=False,
                                   capture_output=True, text=True)
            if again.returncode != 0:
                problems.append(again.stdout + again.stderr)
            shown = subprocess.run([program('scap'), 'cat', '-p', '%proc.env', name + '.skr'], capture_output=True,
                                   text=True, errors='replace', check=False)
            if 'hush' in shown.stdout:
                problems.append('the environment was not taken out')
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
