"""The page on the commands on a cluster shows what they print: its console blocks are executed, in order."""

from __future__ import annotations

import re
import shlex

import yaml

from wfcontroller.cli.shipping import resource_of, shipped
from wfcore.resources import BY_API_VERSION_AND_KIND, NAMESPACES

from .cli_world import ROOT, wfctl
from .cluster_world import OWN, World, plug_in
from .shipped_world import SCHEMALESS

PAGE = ROOT / "docs" / "cluster-commands.md"
STORY = re.compile(r"<!-- (in|wait|as) (\S+) -->|^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def a_shop(monkeypatch) -> World:
    """A cluster with the engine installed, its controllers at work, and what the example finds there."""
    world = World(schemaless=SCHEMALESS)
    plug_in(world, monkeypatch)
    for one in shipped(["policy"], OWN):
        world.add(resource_of(one), one)
    *others, _ = yaml.safe_load_all((ROOT / "docs" / "examples" / "approval.yaml").read_text(encoding="utf-8"))
    world.add(NAMESPACES, {"metadata": {"name": "payments"}})
    for one in others:
        world.add(BY_API_VERSION_AND_KIND[one["apiVersion"], one["kind"]], one)
    world.pass_time(60)
    return world


def told(world: World, block: str) -> str:
    """The block as it is printed now: standard error, then standard output, as nobody tells them apart here."""
    shown = ""
    for command in re.findall(r"^\$ wfctl (.*)$", block, re.MULTILINE):
        answer = wfctl(*shlex.split(command))
        shown += f"$ wfctl {command}\n{answer.err}{answer.out}"
    return shown


def retold(world: World, page: str) -> str:
    """The page with every console block as it is printed now."""

    def act(found: re.Match[str]) -> str:
        word, value, block = found.groups()
        if block is not None:
            return f"```console\n{told(world, block)}```"
        if word == "wait":
            world.pass_time(float(value))
        elif word == "as":
            world.caller = value
        else:
            world.namespace = value
        return found[0]

    return STORY.sub(act, page)


def test_every_console_block_of_the_page_shows_what_is_printed(monkeypatch) -> None:
    """When this fails: write what `retold` gives to the page, and review the difference."""
    monkeypatch.chdir(ROOT)
    page = PAGE.read_text(encoding="utf-8")

    assert page == retold(a_shop(monkeypatch), page)
