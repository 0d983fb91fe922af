"""What the commands on a cluster have in common on the command line: which cluster, which namespace, which workflow."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import click

from wfcontroller.cli.output import BadInput

F = TypeVar("F", bound=Callable[..., Any])

_KINDS = ("wfe", "workflowexecution", "workflowexecutions", "workflowexecution.workflowexecution.kubernaut.io",
          "workflowexecutions.workflowexecution.kubernaut.io")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Where(NamedTuple):
    """The cluster and namespace of a command; None is what the kubeconfig says."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--kubeconfig`, `--context` and `-n`, given to the command as one `where`."""

    @click.option("--kubeconfig", metavar="FILE", type=click.Path(dir_okay=False),
                  help="Kubeconfig; default: $KUBECONFIG, ~/.kube/config, or the pod's own account.")
    @click.option("--context", metavar="NAME", help="Context of the kubeconfig; default: its current one.")
    @click.option("-n", "--namespace", metavar="NAME", help="Namespace; default: the context's.")
    @functools.wraps(command)
    def with_where(*arguments: Any, kubeconfig: str | None, context: str | None, namespace: str | None,
                   **options: Any) -> Any:
        return command(*arguments, where=Where(kubeconfig, context, namespace), **options)

    return with_where


def controller_namespace_option(command: F) -> F:
    """`--controller-namespace`; None is the default of the settings."""
    return click.option("--controller-namespace", metavar="NAME",
                        help="Where the controller runs; default: kubernaut-system.")(command)


def _workflow_name(context: click.Context, _parameter: click.Parameter, value: str) -> str:
    return workflow_name(value)


def _workflow_names(context: click.Context, _parameter: click.Parameter, values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(workflow_name, values)))


name_argument = click.argument("name", metavar="NAME", callback=_workflow_name)
names_argument = click.argument("names", metavar="[NAME...]", nargs=-1, callback=_workflow_names)
some_names_argument = click.argument("names", metavar="NAME...", nargs=-1, required=True, callback=_workflow_names)


def workflow_name(text: str) -> str:
    """The name in `NAME` or `wfe/NAME`; raises BadInput for another kind and for what cannot be a name."""
    kind, slash, name = text.rpartition("/")
    if slash and kind.lower() not in _KINDS:
        raise BadInput(f"{text!r} is not a workflow; give NAME or wfe/NAME")
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise BadInput(f"{name!r} is not the name of a workflow; names are lower case letters, digits, - and .")
    return name
