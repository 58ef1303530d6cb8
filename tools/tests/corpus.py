"""Where the conformance tests find the programs and the corpus of public traces.

The corpus is named by SAKER_CORPUS or lies in ../shared/corpus beside the checkout.  Users do not have it:
without it (or without a program) a test is skipped with exit status 77 and the reason.
"""
import glob
import os
import sys

ROOT = os.environ.get('SAKER_SOURCE_DIR') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.environ.get('SAKER_CORPUS') or os.path.join(ROOT, '..', 'shared', 'corpus')


def skip(reason):
    print('skipped:', reason)
    sys.exit(77)


def program(name):
    path = os.path.join(os.environ.get('SAKER_BIN_DIR') or os.path.join(ROOT, 'build', 'dev', 'bin'), name)
    if not os.path.exists(path):
        skip(f'{name} is not built')
    return path


def corpus(*parts):
    path = os.path.join(CORPUS, *parts)
    if not os.path.exists(path):
        skip(f'no {os.path.join(*parts)} in the corpus (set SAKER_CORPUS)')
    return path


def traces():
    """Name to path of all traces."""
    return {os.path.basename(p).split('.')[0]: p for p in sorted(glob.glob(corpus('traces') + '/*/*.scap*'))}
