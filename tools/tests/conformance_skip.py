#!/usr/bin/env python3
"""What `scap hunt` skips holds no match: conditions made by chance over the corpus, cut into segments (test_skip)."""
import os
import subprocess
import sys

from corpus import corpus, skip, unit_test

test = unit_test('test_skip')
if not test:
    skip('test_skip is not built')
sys.exit(subprocess.run([test], env=dict(os.environ, SAKER_SKIP_CORPUS=corpus('traces'))).returncode)
