"""The image's recipe: hash-checked, without a shell, without root, and with the packages of this repository alone."""

from __future__ import annotations

import json

from .shipped import DEPLOY, one

LINES = [line for line in (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
         if line and not line.startswith("#")]


def said(word: str) -> list[str]:
    return [line.removeprefix(f"{word} ") for line in LINES if line.startswith(f"{word} ")]


def commands() -> list[list[str]]:
    return [json.loads(line) for line in said("RUN")]


def test_every_command_is_run_without_a_shell():
    assert all(isinstance(word, str) for command in commands() for word in command)
    assert [["wfcontroller", "--help"]] == [json.loads(line) for line in said("CMD")]
    assert not said("ENTRYPOINT") + said("SHELL") + said("ADD")


def test_whatever_is_fetched_is_checked_by_hash_and_everything_else_is_local():
    fetching, *others = [command for command in commands() if "pip" in command]

    assert {"download", "--require-hashes", "constraints.txt"} <= set(fetching)
    for command in others:
        assert "--no-index" in command or {"wheel", "--no-deps", "--no-build-isolation"} <= set(command)


def test_the_three_packages_are_built_and_two_of_them_asked_for():
    built = next(command for command in commands() if "wheel" in command)
    installed = commands()[-1]

    assert ["packages/wfcore", "packages/wfstorage", "packages/wfcontroller"] == built[-3:]
    assert ["wfcontroller", "wfstorage"] == installed[-2:]


def test_the_image_is_the_base_with_one_folder_and_no_root():
    last = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM ")):]

    assert ["${BASE} AS build", "${BASE}"] == said("FROM")
    assert "ARG" == LINES[0].split()[0]
    assert [line for line in last if line.startswith("COPY")] == ["COPY --from=build /opt/wf /opt/wf"]
    assert not [line for line in last if line.startswith("RUN")]
    assert "USER 65532:65532" in last


def test_pods_run_as_the_user_of_the_image():
    for name in ("wf-controller", "wf-executor"):
        context = one("Deployment", name)["spec"]["template"]["spec"]["securityContext"]
        assert f"{context['runAsUser']}:{context['runAsGroup']}" == said("USER")[0]
