"""Whether doing something twice is doing it once."""

from __future__ import annotations

from wfcore.model.actions import CustomActionParams, RestartPodParams, StepParameters
from wfcore.settings import Settings


def is_idempotent(parameters: StepParameters | None, settings: Settings) -> bool:
    """All actions but restart-pod by selector and undeclared custom ones."""
    match parameters:
        case RestartPodParams():
            return bool(parameters.pod_name)
        case CustomActionParams():
            return any(a.action_type == parameters.action_type and a.idempotent for a in settings.custom_actions)
    return True
