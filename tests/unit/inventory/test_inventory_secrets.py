"""Passwords never stand in a file, and never come out in a message."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.inventory import InventoryError, UsageError, inventory_from_hosts

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory import Inventory

    Load = Callable[..., Inventory]

SECRET = "hunter2"
SITE = "release: '4.2', topology: multi_cluster"


def everything_shown(error: BaseException) -> str:
    return "".join((str(error), repr(error), *traceback.format_exception(error)))


@pytest.mark.parametrize(
    ("variable", "environment"),
    [
        ("ansible_password", "ACP_SSH_PASSWORD"),
        ("ansible_ssh_pass", "ACP_SSH_PASSWORD"),
        ("ansible_become_password", "ACP_SUDO_PASSWORD"),
        ("ansible_become_pass", "ACP_SUDO_PASSWORD"),
        ("ansible_sudo_pass", "ACP_SUDO_PASSWORD"),
    ],
)
@pytest.mark.parametrize(
    "place", ["all: {{vars: {{{}, acp: {{{}}}}}}}", "all: {{vars: {{acp: {{{1}}}}}}}\na: {{vars: {{{0}}}}}"]
)
def test_a_password_in_a_variable_is_refused(load: Load, variable: str, environment: str, place: str) -> None:
    text = place.format(f"{variable}: {SECRET}", SITE) + "\nworker: {hosts: {w-1: }}\n"
    with pytest.raises(InventoryError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert problem.key.endswith(f"vars.{variable}")
    assert f"remove it, and give it in the environment variable {environment}" in problem.text
    assert SECRET not in everything_shown(caught.value)


@pytest.mark.parametrize("value", ["'{{ vault_password }}'", "!vault |\n          $ANSIBLE_VAULT;1.1", "", "~"])
def test_an_encrypted_or_templated_password_is_not_read(load: Load, value: str) -> None:
    text = f"all:\n  vars:\n    acp: {{{SITE}}}\nworker:\n  hosts:\n    w-1:\n      ansible_password: {value}\n"
    assert load(text).nodes


@pytest.mark.parametrize(
    "keys",
    [
        f"password: {SECRET}",
        f"parameters: {{image_repository: {{password: {SECRET}}}}}",
        f"parameters: {{image_repository: {{password: [{SECRET}]}}}}",
        f"clusters: {{a: {{parameters: {{passwd: {SECRET}}}}}}}",
    ],
)
def test_a_password_in_the_sites_block_is_refused(load: Load, keys: str) -> None:
    with pytest.raises(InventoryError, match="write password_from: NAME_OF_ENVIRONMENT_VARIABLE") as caught:
        load(f"all: {{vars: {{acp: {{{SITE}, {keys}}}}}}}\nworker: {{hosts: {{w-1: }}}}\n")
    assert SECRET not in everything_shown(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"parameters: {{image_repository: {{password_from: {SECRET}}}}}",
        f"parameters: {{image_repository: {{pasword: {SECRET}}}}}",
        f"parameters: {{image_repository: {SECRET}}}",
        f"parameters: {{image_repository: {{address: 'https://u:{SECRET}@registry'}}}}",
        f"parameters: {{platform_address: 'u:{SECRET}@acp.example.com'}}",
        f"vip: 'u:{SECRET}@192.0.2.1'",
        f"secret: {SECRET}",
    ],
)
def test_a_password_in_a_wrong_place_of_the_block_does_not_show(load: Load, text: str) -> None:
    with pytest.raises(InventoryError) as caught:
        load(f"all: {{vars: {{acp: {{{SITE}, {text}}}}}}}\nworker: {{hosts: {{w-1: }}}}\n")
    assert SECRET not in everything_shown(caught.value)


@pytest.mark.parametrize(
    "hosts",
    [
        f"'root:{SECRET}@192.0.2.1': ",
        f"'root:x:{SECRET}@192.0.2.1': {{ansible_port: 22}}",
        f"w-1: {SECRET}",
        f"w-1: {{ansible_host: 'root:{SECRET}@192.0.2.1'}}",
        f"w-1: {{ansible_port: {SECRET}}}",
        f"w-1: {{ansible_ssh_common_args: '-o ProxyCommand=\"sshpass -p {SECRET} ssh jump\"'}}",
        f'w-1: {{ansible_ssh_common_args: "-o \'{SECRET}"}}',
        f"w-1: {{ansible_user: 'root:{SECRET}'}}, w-2: {{ansible_user: 'root {SECRET}'}}",
    ],
)
def test_a_password_in_a_wrong_place_of_a_host_does_not_show(load: Load, hosts: str) -> None:
    with pytest.raises(InventoryError) as caught:
        load(f"all: {{vars: {{acp: {{{SITE}}}}}}}\nworker: {{hosts: {{{hosts}}}}}\n")
    assert SECRET not in everything_shown(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        f"*{SECRET}",
        f"!{SECRET}",
        f"!{SECRET} x",
        f"&{SECRET}",
        f"@{SECRET}",
        f"%{SECRET}",
        f"`{SECRET}`",
        f'"{SECRET}',
        f"'{SECRET}",
        f'"\\{SECRET}"',
        f"{SECRET}: x",
        f"[{SECRET}",
        f"{{{SECRET}",
        f"|{SECRET}",
        f"!<{SECRET}",
        f"!h!{SECRET} x",
        f"{SECRET}\x07",
    ],
)
def test_a_password_that_breaks_the_yaml_does_not_show(load: Load, value: str) -> None:
    with pytest.raises(InventoryError) as caught:
        load(f"all:\n  vars:\n    ansible_password: {value}\n")
    assert SECRET not in everything_shown(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        f"root:{SECRET}@cp-1",
        f"ssh://root:{SECRET}@cp-1:22",
        f"paramiko://root:{SECRET}@cp-1=worker",
        f"root:x={SECRET}@cp-1",
        f"root:x@{SECRET}@cp-1",
        f"root:x?{SECRET}@cp-1=worker",
        f"root:{SECRET}",
        f"ssh://root:{SECRET}",
        f"ssh://cp-1?password={SECRET}",
        f"winrm://Administrator:{SECRET}@host",
    ],
)
def test_a_password_in_a_host_spec_does_not_show(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        inventory_from_hosts([spec], release="4.2", role="worker")
    assert SECRET not in everything_shown(caught.value)


def test_the_environment_is_named_for_a_password_in_a_host_spec() -> None:
    with pytest.raises(UsageError, match="leave it out, and give it in the environment variable ACP_SSH_PASSWORD"):
        inventory_from_hosts([f"ssh://root:{SECRET}@cp-1"], release="4.2", role="worker")
