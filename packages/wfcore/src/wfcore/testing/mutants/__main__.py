"""`python -m wfcore.testing.mutants`: hunts planted breakages of the engine; 1 when one survives, which is named."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from wfcore.testing.mutants.hunting import Catch, hunt_all
from wfcore.testing.mutants.mutant import Mutant
from wfcore.testing.mutants.registry import MUTANTS

_EXAMPLE = """example:
  python -m wfcore.testing.mutants --jobs 2
  python -m wfcore.testing.mutants the_owners_uid_is_not_checked one_step_runs_at_a_time -o json
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 each was found by a law of its own, 1 one was not, 2 the command line makes no sense."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in MUTANTS]
    if unknown:
        parser.error(f"no such mutant: {', '.join(unknown)}; --list names them all")
    wanted = [MUTANTS[name] for name in asked.names or MUTANTS]
    if asked.list:
        _print(asked.output, {"mutants": [_described(mutant) for mutant in wanted]}, map(_listed, wanted))
        return 0
    began = time.perf_counter()
    caught = hunt_all([mutant.name for mutant in wanted], asked.jobs, _Progress(len(wanted)).hear)
    lost = _lost(caught)
    _print(asked.output, {
        "mutants": [{**_described(mutant), "caught": _caught(caught[mutant.name])} for mutant in wanted],
        "found": len(wanted) - len(lost), "lost": lost, "seconds": round(time.perf_counter() - began, 2)},
        [*(_found(mutant, caught[mutant.name]) for mutant in wanted),
         f"{len(wanted) - len(lost)} of {len(wanted)} mutants found"])
    if lost:
        _say(f"not found by a law of its own: {', '.join(lost)}", sys.stderr)
    return 1 if lost else 0


def _lost(caught: Mapping[str, Catch | None]) -> list[str]:
    return [name for name, catch in caught.items() if catch is None or catch.law not in MUTANTS[name].laws]


def _described(mutant: Mutant) -> dict[str, Any]:
    return {"name": mutant.name, "defect": mutant.defect, "byHand": mutant.by_hand, "laws": sorted(mutant.laws),
            "within": mutant.hunt.within, "unit": mutant.hunt.unit}


def _caught(catch: Catch | None) -> dict[str, Any] | None:
    return {"law": catch.law, "after": catch.after, "message": catch.message} if catch else None


def _listed(mutant: Mutant) -> str:
    laws = ", ".join(sorted(mutant.laws))
    return f"{mutant.name}  {mutant.defect or '-'}  {laws}  within {mutant.hunt.within} {mutant.hunt.unit}"


def _found(mutant: Mutant, catch: Catch | None) -> str:
    allowed = f"{mutant.hunt.within} {mutant.hunt.unit}"
    what = f"{catch.law}  after {catch.after} of {allowed}" if catch else f"SURVIVED  {allowed}"
    return f"{mutant.name}  {mutant.defect or '-'}  {what}"


class _Progress:
    """One line on stderr for each mutant that is done."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0

    def hear(self, name: str, catch: Catch | None) -> None:
        self._done += 1
        _say(f"{self._done}/{self._total} {name}: {catch.law if catch else 'survived'}", sys.stderr)


def _print(output: str, document: Mapping[str, Any], lines: Iterable[str]) -> None:
    _say(json.dumps(document, indent=2) if output == "json" else "\n".join(lines))


def _say(text: str, stream: TextIO | None = None) -> None:
    # Looked up late: a test that captures the output replaces it.
    target = stream or sys.stdout
    target.write(text + "\n")
    target.flush()


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; give 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wfcore.testing.mutants", description=__doc__, epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", metavar="NAME", nargs="*", help="which to hunt (default: all)")
    parser.add_argument("--jobs", type=_count, default=1, help="how many processes share them (default 1)")
    parser.add_argument("--list", action="store_true", help="only say which there are and where they are hunted")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
