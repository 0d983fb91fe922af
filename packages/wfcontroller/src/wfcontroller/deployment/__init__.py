"""The manifests of an installation as objects, and how to tell that the policy among them stands as shipped."""

from wfcontroller.deployment.guard import expected_fingerprint, guard_fingerprint
from wfcontroller.deployment.parts import DEFAULT_PARTS, IMAGE, NAMESPACE, PARTS, objects

__all__ = ["DEFAULT_PARTS", "IMAGE", "NAMESPACE", "PARTS", "expected_fingerprint", "guard_fingerprint", "objects"]
