"""Planned parameters of a disaster recovery pair."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acp_acceptance.model.cluster import PlannedInstallation, different, require_said, unfit_for_recovery
from acp_acceptance.model.measurement import CollectionError

FIT = PlannedInstallation(
    vip="10.0.0.10",
    platform_address="acp.example.com",
    cluster_endpoint="10.0.0.10",
    http_port=80,
    https_port=443,
    other_platform_addresses=("10.0.0.10",),
    self_built_vip=False,
    certificate="own",
    certificate_fingerprint="AA:BB",
    image_repository="platform",
    image_repository_address="ACP.example.com.",
    image_repository_username="admin",
    password="mark",
    admin_user="admin@cpaas.io",
)


def test_parameters_as_the_guide_wants_them_have_no_fault() -> None:
    assert list(unfit_for_recovery(FIT)) == []
    assert list(different(FIT, FIT)) == []
    require_said(FIT)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"platform_address": "10.0.0.10", "image_repository_address": "10.0.0.10"}, "address_no_domain"),
        ({"platform_address": "[fd00::1]", "image_repository_address": "fd00::1"}, "address_no_domain"),
        ({"cluster_endpoint": "acp.example.com"}, "endpoint_not_vip"),
        ({"certificate": "self_signed"}, "self_signed"),
        ({"http_port": 8080}, "port"),
        ({"https_port": 8443}, "port"),
        ({"other_platform_addresses": ()}, "own_vip_missing"),
        ({"other_platform_addresses": ("10.0.0.11",)}, "own_vip_missing"),
        ({"self_built_vip": True}, "self_built_vip"),
        ({"image_repository_address": "registry.example.com"}, "repository_address"),
        ({"image_repository_username": ""}, "repository_user_empty"),
        ({"password": ""}, "repository_password_empty"),
    ],
)
def test_each_parameter_that_recovery_forbids_is_one_fault(changed: dict[str, Any], fault: str) -> None:
    assert [name for name, _ in unfit_for_recovery(replace(FIT, **changed))] == [fault]


@pytest.mark.parametrize(
    "name", ["platform_address", "certificate_fingerprint", "image_repository_username", "admin_user"]
)
def test_parameters_that_must_be_the_same_are_compared(name: str) -> None:
    (fault,) = different(FIT, replace(FIT, **{name: "other"}))
    assert fault == ("differs", {"name": name, "value": getattr(FIT, name), "other": "other"})


def test_a_password_that_differs_is_said_without_it() -> None:
    assert list(different(FIT, replace(FIT, password="else"))) == [("password_differs", {})]


def test_what_the_inventory_does_not_say_is_named_and_is_no_pass() -> None:
    with pytest.raises(CollectionError, match="does not say vip, password"):
        require_said(replace(FIT, vip=None, password=None))
