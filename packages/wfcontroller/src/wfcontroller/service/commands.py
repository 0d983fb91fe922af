"""The entry points of `wfcontroller` and `wfexecutor`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wfcontroller.cli.output import BadInput, EnvironmentFailed

if TYPE_CHECKING:
    from wfcontroller.configuration.controller import ControllerConfig
    from wfcontroller.configuration.executor import ExecutorConfig

F = TypeVar("F", bound=Callable[..., Any])
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _common(command: F) -> F:
    for option in (
            click.option("--print-config", is_flag=True, help="Print what it would run with, secrets apart, and end."),
            click.option("--namespace", metavar="NAME", help="Take what is in this namespace; default: in all."),
            click.option("--kubeconfig", metavar="FILE", help="Default: the pod's own account, else as for kubectl."),
            click.option("--config", "file", metavar="FILE", help="YAML; default: the one that WF_CONFIG names.")):
        command = option(command)
    return command


@click.command(context_settings=_SETTINGS,
               epilog="Example: WF_DATABASE_URL=postgresql://wf@db/wf wfcontroller --config /etc/wf/config.yaml")
@_common
@click.option("--selector", metavar="LABELS", help="Take workflows with these labels; default: all.")
def controller(file: str | None, kubeconfig: str | None, namespace: str | None, print_config: bool,
               selector: str | None) -> None:
    """Run the controller of WorkflowExecutions until it is told to stop.

    What is configured by flags wins over variables WF_*, and those over the
    file.  Exit status: 0 told to stop, 1 another replica leads, 2 the
    configuration is wrong, 3 the environment failed.
    """
    from wfcontroller.configuration.controller import ControllerConfig
    from wfcontroller.configuration.database import database_url
    from wfcontroller.configuration.flaws import ConfigurationError
    from wfcontroller.service.controller import run_controller

    config = _loaded(ControllerConfig, file, {
        "kubernetes.kubeconfig": kubeconfig, "watchNamespaces": namespace, "selector": selector})
    if print_config:
        _describe(config)
        return
    try:
        url = database_url(config.database)
    except ConfigurationError as error:
        raise BadInput(str(error)) from None
    _run(config, lambda stop: run_controller(config, url, os.environ, stop), () if url is None else (url.reveal(),))


@click.command(context_settings=_SETTINGS, epilog="Example: wfexecutor --config /etc/wf/config.yaml")
@_common
def executor(file: str | None, kubeconfig: str | None, namespace: str | None, print_config: bool) -> None:
    """Run the reference executor of KubernetesExecutions until it is told to stop.

    What is configured by flags wins over variables WF_*, and those over the
    file.  Exit status: 0 told to stop, 2 the configuration is wrong, 3 the
    environment failed.
    """
    from wfcontroller.configuration.executor import ExecutorConfig
    from wfcontroller.service.executor import run_executor

    config = _loaded(ExecutorConfig, file, {"kubernetes.kubeconfig": kubeconfig, "watchNamespace": namespace})
    if print_config:
        _describe(config)
        return
    _run(config, lambda stop: run_executor(config, stop))


def _loaded(kind: Any, file: str | None, flags: dict[str, str | None]) -> Any:
    from wfcontroller.configuration.flaws import ConfigurationError
    from wfcontroller.configuration.loading import read

    try:
        return read(kind, file, os.environ, flags)
    except ConfigurationError as error:
        raise BadInput(str(error)) from None


def _describe(config: ControllerConfig | ExecutorConfig) -> None:
    from wfcontroller.configuration.described import as_file

    sys.stdout.write(as_file(config))


def _run(config: ControllerConfig | ExecutorConfig, serve: Callable[[asyncio.Event], Awaitable[None]],
         secrets: Sequence[str] = ()) -> None:
    from wfcontroller.logs import configure

    configure(config.log, secrets=secrets)
    try:
        asyncio.run(_until_told(serve))
    except BaseExceptionGroup as group:
        raise EnvironmentFailed(_sentence(group)) from group
    except Exception as error:
        # Whatever ends the process is one sentence for people; the log has the rest.
        raise EnvironmentFailed(_sentence(error)) from error


async def _until_told(serve: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(stop)


def _sentence(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
