"""The values of the environment: `WF_` and the key in capitals; a `WF_` variable that is no key is a flaw."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wfcontroller.configuration.flaws import Flaw
from wfcontroller.configuration.given import Given, meant
from wfcontroller.configuration.keys import PREFIX, Key

# Names the file, as --config does.
FILE_VARIABLE = "WF_CONFIG"
_SERVICE_HOST = "_SERVICE_HOST"
_PORT_URL = re.compile(r"(tcp|udp|sctp)://.+", re.ASCII)
_OF_SERVICE = re.compile(
    r"SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?", re.ASCII)


def given_in_environment(environment: Mapping[str, str], keys: Mapping[str, Key]) -> Iterator[Given | Flaw]:
    """Each variable that names a key (`keys` is by variable), and each flaw, by name."""
    services = _services(environment)
    for name in sorted(name for name in environment if name.startswith(PREFIX) and name != FILE_VARIABLE):
        value, key = environment[name], keys.get(name)
        if _is_injected(name, value, services, is_key=key is not None):
            continue
        if key is None:
            yield Flaw(name, "", "UnknownKey", f"no such setting{meant(name, (*keys, FILE_VARIABLE))}")
        else:
            yield Given(key.path, value, name)


def _services(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The Services that Kubernetes told this container of, as it spells them: `WF_CONTROLLER` for wf-controller."""
    return tuple(name.removesuffix(_SERVICE_HOST) for name in environment if name.endswith(_SERVICE_HOST))


def _is_injected(name: str, value: str, services: tuple[str, ...], *, is_key: bool) -> bool:
    """Whether Kubernetes set the variable because of a Service, not a person.

    Every container is told of the Services of its namespace by NAME_SERVICE_HOST,
    NAME_SERVICE_PORT, NAME_PORT and so on.  One named wf-metrics is told of by
    WF_METRICS_PORT, which is a key too: there the injected value is a URL, which
    no port is.
    """
    told = any(name.startswith(f"{service}_") and _OF_SERVICE.fullmatch(name.removeprefix(f"{service}_"))
               for service in services)
    return told and (not is_key or _PORT_URL.fullmatch(value) is not None)
