"""Where the conformance tests find the corpus of public traces.

The corpus is named by SAKER_CORPUS or lies in ../shared/corpus beside the checkout.  Users do not have it:
without it a test is skipped.
"""
import glob
import os

from programs import SOURCE, skip

CORPUS = os.environ.get('SAKER_CORPUS') or os.path.join(SOURCE, '..', 'shared', 'corpus')


def corpus(*parts):
    path = os.path.join(CORPUS, *parts)
    if not os.path.exists(path):
        skip(f'no {os.path.join(*parts)} in the corpus (set SAKER_CORPUS)')
    return path


def traces():
    """Name to path of all traces."""
    return {os.path.basename(p).split('.')[0]: p for p in sorted(glob.glob(corpus('traces') + '/*/*.scap*'))}
