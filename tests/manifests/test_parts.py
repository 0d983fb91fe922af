"""The manifests as objects: what `kubectl apply -k` would apply, in an order that can be applied one by one."""

from __future__ import annotations

import json

import pytest

from wfcontroller.deployment import DEFAULT_PARTS, IMAGE, PARTS, objects
from wfcontroller.deployment.files import folder
from wfcontroller.deployment.parts import FILES
from wfcore.crds import crds

from .shipped import DEPLOY, NAMESPACE, everything, files, identity, one, read


def test_all_parts_are_all_that_is_shipped():
    expected = {identity(each): each for each in (*everything(), *crds())}

    assert expected == {identity(each): each for each in objects(PARTS)}
    assert len(expected) == len(objects(PARTS))


def test_the_default_is_the_base():
    assert {identity(each) for each in (*read(*files("base")), *crds())} == {identity(each) for each in objects()}


def test_the_order_of_application_is_that_of_what_refers_to_what():
    order = [each["kind"] for each in objects(PARTS[::-1])]
    last = {kind: len(order) - 1 - order[::-1].index(kind) for kind in order}

    assert "Namespace" == order[0]
    for earlier, later in (("Namespace", "ServiceAccount"), ("CustomResourceDefinition", "ClusterRole"),
                           ("ServiceAccount", "Deployment"), ("ClusterRole", "Deployment"),
                           ("ClusterRoleBinding", "Deployment"), ("ValidatingAdmissionPolicy", "Deployment"),
                           ("ValidatingAdmissionPolicyBinding", "Deployment"), ("ConfigMap", "Deployment"),
                           ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")):
        assert last[earlier] < order.index(later)


def test_another_namespace_is_another_everywhere_and_no_name_of_the_old_one_is_left():
    moved = objects(PARTS, namespace="repairs")

    assert NAMESPACE not in json.dumps([each for each in moved if each["kind"] != "CustomResourceDefinition"])
    assert [identity(each) for each in objects(PARTS)] == [
        tuple(word.replace("repairs", NAMESPACE) for word in identity(each)) for each in moved]
    assert "'system:serviceaccount:repairs:wf-controller'" in json.dumps(moved)


def test_another_image_is_run_by_both():
    moved = [each for each in objects(("workloads",), image="mirror/x@sha256:1") if each["kind"] == "Deployment"]

    assert ["mirror/x@sha256:1"] * 2 == [
        each["spec"]["template"]["spec"]["containers"][0]["image"] for each in moved]
    assert json.dumps(objects(("workloads",))).count(IMAGE) == 2


def test_a_config_is_put_in_place_of_the_one_shipped():
    given = objects(("workloads",), configs={"wf-controller": "mode: Observe\n"})
    texts = {each["metadata"]["name"]: each["data"]["config.yaml"] for each in given if each["kind"] == "ConfigMap"}
    shipped = one("ConfigMap", "wf-executor")["data"]["config.yaml"]

    assert {"wf-controller": "mode: Observe\n", "wf-executor": shipped} == texts


def test_what_is_answered_belongs_to_the_caller():
    objects()[0]["metadata"]["name"] = "changed"

    assert NAMESPACE == objects()[0]["metadata"]["name"]


def test_an_unknown_part_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"unknown part 'crd', 'x'; the parts are namespace, crds, "):
        objects(("x", "crd", "crds"))


@pytest.mark.parametrize("namespace", ["", "A", "a.b", "-a", "a" * 64, "a'b", "a\nb"])
def test_a_namespace_that_cannot_be_one_is_refused(namespace):
    """It would become part of expressions."""
    with pytest.raises(ValueError, match="can't be one"):
        objects(namespace=namespace)


def test_every_manifest_belongs_to_one_part():
    listed = [name for names in FILES.values() for name in names]

    assert set(DEFAULT_PARTS) < set(PARTS)
    assert len(listed) == len(set(listed))
    assert set(listed) == {*files("base"), *(name for part in ("observer", "monitoring", "mutating-policy")
                                             for name in files(f"components/{part}"))}


def test_a_checkout_is_read_where_it_is_and_a_wheel_where_it_was_put(tmp_path):
    assert DEPLOY == folder()
    assert tmp_path == folder(tmp_path, DEPLOY)
    assert DEPLOY == folder(tmp_path / "absent", DEPLOY)
