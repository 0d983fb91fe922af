"""The committed YAML is what the model says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from wfcontroller.manifests import crd_documents, crd_files, write
from wfcore.crds import crds

COMMITTED = Path(__file__).parents[2] / "packages" / "wfcontroller" / "deploy" / "crds"
# kubectl keeps the last applied object in an annotation, of which an object may have this much.
ANNOTATION_BYTES = 256 * 1024


def test_committed_files_are_those_of_the_model():
    """When this fails: run wfcontroller.manifests.write on the folder and review the difference."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.glob("*_*.yaml")}

    assert crd_files() == committed


def test_documents_read_back_as_the_definitions():
    assert list(crds()) == list(yaml.safe_load_all(crd_documents()))


def test_key_order_survives_the_text():
    assert [json.dumps(crd) for crd in crds()] == [json.dumps(d) for d in yaml.safe_load_all(crd_documents())]


def test_text_is_in_block_style_without_anchors():
    for token in yaml.scan(crd_documents()):
        assert not isinstance(token, (yaml.AnchorToken, yaml.AliasToken, yaml.FlowSequenceStartToken))


def test_text_starts_with_where_it_comes_from():
    assert crd_documents().startswith("# Generated from wfcore.model")


@pytest.mark.parametrize("crd", crds(), ids=lambda crd: crd["metadata"]["name"])
def test_a_plain_kubectl_apply_can_store_a_definition(crd):
    assert len(json.dumps(crd)) < ANNOTATION_BYTES


def test_each_file_is_smaller_than_a_mebibyte():
    assert all(len(text.encode()) < 1024 * 1024 for text in crd_files().values())


def test_write_puts_one_file_for_each_definition(tmp_path):
    paths = write(tmp_path)

    assert {path.name: path.read_text(encoding="utf-8") for path in paths} == crd_files()
    assert {"workflowexecution.kubernaut.io_workflowexecutions.yaml",
            "kubernetesexecution.kubernaut.io_kubernetesexecutions.yaml",
            "workflowexecution.kubernaut.io_auditoutboxes.yaml"} == {path.name for path in paths}


def test_write_says_when_the_folder_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "absent")
