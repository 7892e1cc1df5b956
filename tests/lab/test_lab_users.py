"""Who gets into a node, with what rights; and how nodes are reached."""

from __future__ import annotations

import stat
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml
from asking import ssh, ssh_with_password

from lab import NodeSpec
from labs import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [
        NodeSpec("a", roles=("control_plane", "installer"), with_client_key=True),
        NodeSpec("b", "rhel-8.6", ("worker",)),
    ]
    with started(specs, "users") as running:
        yield running


@pytest.mark.parametrize("node", ["a", "b"])
@pytest.mark.parametrize("user", ["root", "acp", "acp-password", "acp-nosudo", "acp-csh", "acp-printing"])
def test_users_with_the_key_get_in(lab: Lab, user: str, node: str) -> None:
    assert user in ssh(lab, f"{user}@{node}", "id -un").stdout.splitlines()


@pytest.mark.parametrize("node", ["a", "b"])
@pytest.mark.parametrize(
    ("user", "status"), [("acp", 0), ("acp-csh", 0), ("acp-printing", 0), ("acp-password", 1), ("acp-nosudo", 1)]
)
def test_sudo_without_a_password_is_for_some(lab: Lab, user: str, node: str, status: int) -> None:
    assert ssh(lab, f"{user}@{node}", "sudo -n true").returncode == status


def test_sudo_with_the_password_is_for_one(lab: Lab) -> None:
    for user, status in (("acp-password", 0), ("acp-nosudo", 1)):
        done = subprocess.run(
            ["ssh", "-F", lab.ssh_config, f"{user}@a", "sudo -k -S -p '' id -u"],
            input=f"{lab.password}\n", capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (status, "0\n" if status == 0 else "")


def test_a_wrong_password_is_none(lab: Lab) -> None:
    done = lab.nodes["a"].run("echo wrong | setpriv --reuid acp-password --clear-groups sudo -k -S -p '' true")
    assert done.returncode == 1


def test_the_user_without_a_key_gets_in_by_password_only(lab: Lab, tmp_path: Path) -> None:
    assert "Permission denied" in ssh(lab, "acp-sshpass@a", "true").stderr
    assert ssh_with_password(lab, "acp-sshpass@a", "id -un; sudo -n id -u", tmp_path).stdout == "acp-sshpass\n0\n"


def test_the_user_without_a_shell_gets_none(lab: Lab) -> None:
    done = ssh(lab, "acp-nologin@a", "true")
    assert done.returncode == 1
    assert "not available" in done.stdout


def test_login_shells_are_what_they_are_said_to_be(lab: Lab) -> None:
    assert ssh(lab, "acp-csh@a", "echo $version").stdout.startswith("tcsh")
    printed = ssh(lab, "acp-printing@a", "true").stdout
    assert "hello from .bashrc \x1b[31m\N{REPLACEMENT CHARACTER}" in printed
    assert "hello from .profile" in ssh(lab, "acp-printing@a", "bash -lc true").stdout


def test_what_is_secret_is_private(lab: Lab) -> None:
    for path, mode in ((lab.directory, 0o700), (lab.identity_file, 0o600), (lab.directory / "sudo-password", 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode
    assert (lab.directory / "sudo-password").read_text() == f"{lab.password}\n"


def test_host_keys_are_checked(lab: Lab, tmp_path: Path) -> None:
    assert ssh(lab, "a", "true", "-o", f"UserKnownHostsFile={tmp_path / 'none'}").returncode == 255


def test_nodes_are_reached_through_each_other(lab: Lab) -> None:
    jump = f"ProxyCommand=ssh -F {lab.ssh_config} -W %h:%p b"
    assert ssh(lab, "a", "echo $SSH_CLIENT", "-o", jump).stdout.startswith(f"{lab.nodes['b'].address} ")


def test_only_a_node_that_is_given_the_key_reaches_others_by_itself(lab: Lab) -> None:
    assert lab.nodes["a"].run("ssh -o BatchMode=yes b hostname").stdout == "b\n"
    assert lab.nodes["b"].run("ssh -o BatchMode=yes -o StrictHostKeyChecking=no a hostname").returncode == 255


def test_the_inventory_is_ansibles(lab: Lab) -> None:
    everything = yaml.safe_load(lab.inventory.read_text())["all"]
    assert everything["vars"]["acp"]["name"] == "lab-users"
    assert everything["children"] == {
        "control_plane": {"hosts": {"a": {"ansible_host": lab.nodes["a"].address}}},
        "installer": {"hosts": {"a": {}}},
        "worker": {"hosts": {"b": {"ansible_host": lab.nodes["b"].address}}},
    }
