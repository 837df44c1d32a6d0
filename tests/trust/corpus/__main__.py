"""`python -m tests.trust.corpus [word]`: the table of what came of the corpus, and every case that went wrong."""

import sys
import tempfile
from pathlib import Path

from tests.trust.corpus.cases import cases
from tests.trust.corpus.judge import Judge, report, tally
from tests.trust.corpus.world import build_world

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        word = sys.argv[1] if len(sys.argv) > 1 else ""
        chosen = [case for case in cases() if word in case.klass]
        sys.stdout.write(report(tally(Judge(build_world(Path(folder))), chosen), whole=True) + "\n")
