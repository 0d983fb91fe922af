"""Add up pytest's closing lines on standard input: `python3 .ci/count.py STATUS < log`."""

import re
import sys


def totals(log: str, status: int) -> tuple[int, int]:
    """How many tests passed and failed; a run that failed (`status`) without a failing test counts as one failure."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    closing = re.findall(r"^=+ (.*) in [0-9.]+s.*=+$", plain, re.MULTILINE)
    counts = [(int(count), what) for line in closing for count, what in re.findall(r"(\d+) (\w+)", line)]
    passed = sum(count for count, what in counts if what == "passed")
    failed = sum(count for count, what in counts if what in {"failed", "error", "errors"})
    return passed, failed if failed or status == 0 else 1


if __name__ == "__main__":
    print("{} passed, {} failed".format(*totals(sys.stdin.read(), int(sys.argv[1]))))
