"""`python -m tests.controlplane`: a cluster for a person to play with, until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from .binaries import VERSIONS, CannotBuild, binaries
from .plane import control_plane
from .processes import Died


def main() -> int:
    """Exit status: 0 interrupted, 3 it could not be started."""
    parser = argparse.ArgumentParser(prog="python -m tests.controlplane", description=__doc__)
    parser.add_argument("--kubernetes", choices=VERSIONS, default=None, help="which minor version (default: newest)")
    parser.add_argument("--nodes", type=int, default=3, help="how many nodes (default 3)")
    parser.add_argument("--build", action="store_true", help="only see to it that the programs are there")
    chosen = parser.parse_args()
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        if chosen.build:
            sys.stderr.write(f"controlplane: programs in {binaries(chosen.kubernetes).folder or 'PATH'}\n")
            return 0
        with control_plane(minor=chosen.kubernetes) as plane:
            plane.add_nodes(*(f"node-{number}" for number in range(1, chosen.nodes + 1)))
            sys.stdout.write(f"export KUBECONFIG={plane.admin}\n")
            sys.stdout.flush()
            sys.stderr.write("a cluster is up; interrupt this to throw it away\n")
            over.wait()
    except (CannotBuild, Died) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
