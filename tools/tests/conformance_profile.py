#!/usr/bin/env python3
"""A rule that is put in to be slow is the most expensive one, in ten of ten runs of `ruletest profile`."""
import json
import os
import subprocess
import sys
import tempfile

from programs import SOURCE, program

SLOW = """- rule: Slow on purpose
  desc: looks at everything of every event
  condition: evt.args contains zzzz or proc.cmdline regex '.*(a|b|c)+x.*y' or proc.aname[4] contains qq
  output: o
  priority: INFO
"""


def main():
    first = 0
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        file.write(SLOW)
        file.flush()
        command = [program('ruletest'), 'profile', '--json', '-r', os.path.join(SOURCE, 'rules'), '-r', file.name,
                   os.path.join(SOURCE, 'testdata/traces/host1.scap.gz')]
        for _ in range(10):
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            first += json.loads(run.stdout)['rules'][0]['rule'] == 'Slow on purpose'
    print(f'FIGURE profile: the slow rule is first in {first} of 10 runs')
    return 0 if first == 10 else 1


if __name__ == '__main__':
    sys.exit(main())
