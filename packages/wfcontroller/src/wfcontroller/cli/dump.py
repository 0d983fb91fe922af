"""The final cluster as one `List`, fit to be compared, read or given to `wfctl run` again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wfcontroller.cli.output import EnvironmentFailed, json_text
from wfcontroller.cli.yamltext import yaml_text


def cluster_list(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A `List` sorted by kind, namespace and name, without `managedFields`."""
    return {"apiVersion": "v1", "kind": "List", "metadata": {},
            "items": sorted((_cleaned(one) for one in objects), key=_order)}


def write_dump(path: str, objects: Iterable[Mapping[str, Any]]) -> None:
    """Write the list as YAML for .yaml and .yml, else as JSON; raises EnvironmentFailed if that fails."""
    wanted = Path(path)
    render = yaml_text if wanted.suffix in (".yaml", ".yml") else json_text
    try:
        wanted.write_text(render(cluster_list(objects)), encoding="utf-8")
    except OSError as error:
        raise EnvironmentFailed(f"cannot write {path}: {error.strerror}; name a file in a folder that exists"
                                ) from error


def _cleaned(raw: Mapping[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in (raw.get("metadata") or {}).items() if key != "managedFields"}
    head = {key: raw[key] for key in ("apiVersion", "kind") if key in raw}
    return {**head, "metadata": meta, **{key: value for key, value in raw.items() if key not in (*head, "metadata")}}


def _order(raw: Mapping[str, Any]) -> tuple[str, str, str, str]:
    meta = raw["metadata"]
    return raw.get("kind", ""), raw.get("apiVersion", ""), meta.get("namespace", ""), meta.get("name", "")
