"""Kinds that many keys share, and the keys that both binaries have because both enforce what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wfcontroller.configuration.keys import Key
from wfcontroller.configuration.kinds import Duration, Switch, Text
from wfcontroller.configuration.lists import FurtherNamespaces, TrustedNamespaces
from wfcore.model.fields import DNS_LABEL, DNS_SUBDOMAIN

SECOND = timedelta(seconds=1)
NAMESPACE = Text("the name of a namespace", DNS_LABEL)
OBJECT_NAME = Text("the name of an object, such as wf-executor", DNS_SUBDOMAIN)
WORD = Text("text of one line")
# A URL given for a file would end up in the error that says there is no such file, its password with it.
FILE = Text("the path of a file", r"^(?!.*://)[^\x00-\x1f\x7f]*$", 4096)


def lasting(least: timedelta = SECOND, most: timedelta = timedelta(hours=24)) -> Duration:
    """A duration of a second to a day, or within other bounds."""
    return Duration(least, most)


# What says whose power a workflow has: the controller decides by it, the executor refuses by it.
POWERS: dict[str, Any] = {
    "trusted_namespaces": Key(
        path="trustedNamespaces", kind=TrustedNamespaces(),
        about="Namespaces whose workflows may act in every namespace that is not protected, and on nodes.",
        effect="Workflows elsewhere act in their own namespace only, or with their creator's power."),
    "protected_namespaces": Key(
        path="protectedNamespaces", kind=FurtherNamespaces(),
        about="Namespaces in which no workflow may ever act, besides kube-system, kube-public, kube-node-lease and "
              "those of the two binaries.",
        effect="A step that names one is refused, whoever created its workflow."),
    "allow_inline_secrets": Key(
        path="allowInlineSecrets", kind=Switch(),
        about="Whether update-secret may take values from the step itself.",
        effect="Otherwise only references to other Secrets are taken; inline values are refused."),
}
