"""Names of children: readable, unique per (workflow, kind, step, attempt), never too long."""

from __future__ import annotations

import hashlib

from wfcore.model.enums import ExecutionKind

_LONGEST = 200  # leaves room for suffixes within the 253 of a DNS subdomain
_WORD = {ExecutionKind.FORWARD: "step", ExecutionKind.DRYRUN: "dryrun", ExecutionKind.ROLLBACK: "rollback"}


def child_name(workflow: str, kind: ExecutionKind, step: int, attempt: int) -> str:
    """`<wf>-step-<n>`, from the second attempt on with `-r<k>`; a long workflow name is cut and hashed."""
    suffix = f"-{_WORD[kind]}-{step}" + (f"-r{attempt - 1}" if attempt > 1 else "")
    if len(workflow) + len(suffix) <= _LONGEST:
        return workflow + suffix
    digest = hashlib.sha256(workflow.encode()).hexdigest()[:12]
    return f"{workflow[:_LONGEST - len(suffix) - 13].rstrip('.-')}-{digest}{suffix}"
