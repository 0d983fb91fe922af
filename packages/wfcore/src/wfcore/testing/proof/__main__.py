"""Proves the engine and prints the report.

    python -m wfcore.testing.proof                              half a minute
    python -m wfcore.testing.proof --level gate --jobs 2        what the gate proves
    python -m wfcore.testing.proof --seed 5000 -o json

Exit status: 0 it holds, 1 it does not, 2 the command line makes no sense.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from attrs import evolve

from wfcore.testing.checker.campaign import say_on_stderr
from wfcore.testing.proof.order import PROOFS
from wfcore.testing.proof.proving import prove
from wfcore.testing.proof.result import sentences


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove what the arguments ask for; the exit status."""
    options = _parser().parse_args(arguments)
    proof = prove(evolve(PROOFS[options.level], seed=options.seed), options.jobs, say_on_stderr)
    text = json.dumps(proof.as_json(), indent=2) if options.output == "json" else "\n".join(sentences(proof))
    sys.stdout.write(text + "\n")
    return 1 if proof.problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wfcore.testing.proof", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", choices=list(PROOFS), default="quick", help="how much (default quick)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed of the schedules (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
