"""CustomResourceDefinitions derived from the model: the API server refuses what the codec would."""

from __future__ import annotations

from wfcore.crds.definitions import crds, others

__all__ = ["crds", "others"]
