"""The emergency freeze: a ConfigMap that stands in the controller's namespace as long as nothing may be changed."""

from __future__ import annotations

from wfcontroller.api import Object
from wfcontroller.objects import is_terminating

FREEZE = "wf-freeze"


def freeze_reason(found: Object | None) -> str | None:
    """Why nothing may be changed, empty when nobody said; None when what stands under the name freezes nothing.

    It freezes while it exists and nobody has asked for its deletion.
    """
    if found is None or is_terminating(found):
        return None
    return str((found.get("data") or {}).get("reason") or "")
