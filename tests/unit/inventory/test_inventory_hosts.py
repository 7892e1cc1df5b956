"""Host specs, and the inventory of plain hosts."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest
import testinfra

from acp_acceptance.inventory import (
    ConnectionDefaults,
    Inventory,
    Role,
    Topology,
    UsageError,
    expand_ansible,
    inventory_from_hosts,
    parse_host_spec,
)

if TYPE_CHECKING:
    from pathlib import Path

CONTROL_PLANE = frozenset({Role.CONTROL_PLANE})
WORKER = frozenset({Role.WORKER})


@pytest.mark.parametrize(
    ("text", "name", "backend", "where"),
    [
        ("cp-1", "cp-1", "ssh", (None, "cp-1", None)),
        (" cp-1.example.com ", "cp-1.example.com", "ssh", (None, "cp-1.example.com", None)),
        ("root@192.0.2.1", "192.0.2.1", "ssh", ("root", "192.0.2.1", None)),
        ("root@192.0.2.1:22", "192.0.2.1", "ssh", ("root", "192.0.2.1", 22)),
        ("root@192.0.2.1:2222", "192.0.2.1:2222", "ssh", ("root", "192.0.2.1", 2222)),
        ("me@corp.example@cp-1", "cp-1", "ssh", ("me@corp.example", "cp-1", None)),
        ("2001:db8::1", "2001:db8::1", "ssh", (None, "2001:db8::1", None)),
        ("[2001:db8::1]", "2001:db8::1", "ssh", (None, "2001:db8::1", None)),
        ("[2001:db8::1]:22", "2001:db8::1", "ssh", (None, "2001:db8::1", 22)),
        ("root@[2001:db8::1]:2222", "2001:db8::1-2222", "ssh", ("root", "2001:db8::1", 2222)),
        ("fe80::1%eth0", "fe80::1-eth0", "ssh", (None, "fe80::1%eth0", None)),
        ("ssh://root@cp-1:22", "cp-1", "ssh", ("root", "cp-1", 22)),
        ("ssh://me%40corp@cp-1", "cp-1", "ssh", ("me@corp", "cp-1", None)),
        ("safe-ssh://cp-1", "cp-1", "safe-ssh", (None, "cp-1", None)),
        ("paramiko://root@[2001:db8::1]:22", "2001:db8::1", "paramiko", ("root", "2001:db8::1", 22)),
        ("local://", "local", "local", (None, "localhost", None)),
        ("docker://box", "box", "docker", (None, "box", None)),
        ("docker://root@box", "box", "docker", ("root", "box", None)),
        ("podman://box", "box", "podman", (None, "box", None)),
        ("kubectl://pod-1?namespace=lab&container=c", "pod-1", "kubectl", (None, "pod-1", None)),
    ],
)  # fmt: skip
def test_a_host_spec_says_how_a_node_is_reached(
    text: str, name: str, backend: str, where: tuple[str | None, str, int | None]
) -> None:
    parsed = parse_host_spec(text)
    made = parsed.connection
    assert (parsed.name, parsed.roles, parsed.installer) == (name, None, False)
    assert (made.backend, (made.user, made.host, made.port)) == (backend, where)
    if backend == "ssh":
        backend_of_testinfra: Any = testinfra.get_host(made.spec).backend
        assert backend_of_testinfra.host.name == made.host


@pytest.mark.parametrize(
    ("role", "roles", "installer"),
    [
        ("control_plane", CONTROL_PLANE, False),
        ("worker", WORKER, False),
        ("control_plane+worker", CONTROL_PLANE | WORKER, False),
        ("control_plane+installer", CONTROL_PLANE, True),
        ("installer+control_plane+worker", CONTROL_PLANE | WORKER, True),
    ],
)
@pytest.mark.parametrize("spec", ["cp-1", "[2001:db8::1]:22", "ssh://cp-1?ssh_config=/a=b&sudo=true", "local://"])
def test_a_role_may_follow_every_spec(spec: str, role: str, roles: frozenset[Role], installer: bool) -> None:  # noqa: FBT001
    parsed = parse_host_spec(f"{spec}={role}")
    assert (parsed.text, parsed.roles, parsed.installer) == (spec, roles, installer)


def test_options_of_a_spec_become_the_connection() -> None:
    spec = "ssh://cp-1?ssh_config=/c&ssh_identity_file=/k&sudo=true&sudo_user=adm&timeout=5"
    made = parse_host_spec(spec).connection
    assert (made.spec, made.ssh_config, made.identity_file) == (spec, "/c", "/k")
    assert (made.become, made.become_user) == (True, "adm")
    assert parse_host_spec("cp-1").connection.become is None


def test_what_the_command_line_says_is_used_where_a_spec_is_silent() -> None:
    defaults = ConnectionDefaults(identity_file="/k", ssh_config="/c", ssh_args=("-4",), become=True)
    made = parse_host_spec("cp-1", defaults).connection
    assert made.spec == "ssh://cp-1?ssh_config=/c&ssh_identity_file=/k&sudo=true"
    assert (made.ssh_args, made.become) == (("-4",), True)
    telling = parse_host_spec("ssh://cp-1?sudo=false&ssh_config=/own", defaults).connection
    assert (telling.become, telling.ssh_config) == (False, "/own")
    assert parse_host_spec("cp-1", ConnectionDefaults(backend="docker")).connection.spec == "docker://cp-1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a host is empty; write name, user@address:port"),
        ("   ", "a host is empty"),
        ("=worker", "a host is empty"),
        ("ssh://", "is neither an address nor a host name"),
        ("docker://", "no host is named"),
        ("cp-1:ssh", "this is no port; write a number from 1 to 65535"),
        ("cp-1:0", "this is no port"),
        ("cp-1:", "this is no port"),
        ("[2001:db8::1]:x", "this is no port"),
        ("2001:db8::zz", "is no IPv6 address"),
        ("-oProxyCommand=id", "is no role"),
        ("-v", "is neither an address nor a host name"),
        ("cp 1", "is neither an address nor a host name"),
        ("cp-1;id", "is neither an address nor a host name"),
        ("-l@cp-1", "this is no user name"),
        ("a b@cp-1", "this is no user name"),
        ("docker://-v", "is no name of a node"),
        ("docker://a/b", "a path follows the host"),
        ("http://cp-1", '"http" is no way to a node; write one of ssh, safe-ssh, paramiko, local'),
        ("winrm://cp-1", '"winrm" is no way to a node'),
        ("ssh://cp-1?ssh_conf=x", '"ssh_conf" is no option of a host; did you mean ssh_config?'),
        ("ssh://cp-1?sudo=maybe", "sudo is true or false; write sudo=true"),
        ("ssh://cp-1?ssh_config=~nobody-here/c", "nobody knows this home directory"),
        ("cp-1=master", '"master" is no role; write control_plane, worker, installer, or some of them joined by +'),
        ("cp-1=control-plane", "did you mean control_plane?"),
        ("cp-1=installer", "the installer is a control plane node; write control_plane+installer"),
        ("cp-1=", '"" is no role'),
        ("ssh://root:x@cp-1", "a password stands in the host; leave it out"),
        (f"{'n' * 254}", "--hosts: "),
    ],
)
def test_what_is_no_host_spec_is_a_usage_error(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_host_spec(text)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_plain_hosts_are_one_cluster() -> None:
    inventory = inventory_from_hosts(
        ["cp-1=control_plane+installer", "worker-1"], release="4.2", role="worker", topology=Topology.MULTI_CLUSTER
    )
    first, second = inventory.nodes
    assert (first.roles, first.installer, first.groups) == (
        CONTROL_PLANE,
        True,
        frozenset({"control_plane", "installer"}),
    )
    assert (second.roles, second.installer) == (WORKER, False)
    assert {node.cluster for node in inventory.nodes} == {"global"}
    assert (inventory.path, inventory.site.release, inventory.site.topology) == (None, "4.2", Topology.MULTI_CLUSTER)
    assert inventory_from_hosts(["cp-1"], release="4.2", role="worker").site.topology is None
    assert Inventory.model_validate_json(inventory.model_dump_json()) == inventory


@pytest.mark.parametrize(
    ("hosts", "name"),
    [
        (["cp-1"], "cp-1"),
        (["cp-[1:5]"], "cp-1+4"),
        (["local://"], "local"),
        (["root@192.0.2.1:2222"], "192.0.2.1-2222"),
        (["2001:db8::1", "2001:db8::2"], "2001-db8-1+1"),
        (["n" * 200], "n" * 60),
    ],
)
def test_the_site_is_named_after_its_hosts(hosts: list[str], name: str) -> None:
    assert inventory_from_hosts(hosts, release="4.2", role="worker").site.name == name


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ([], "no host is given; write --hosts=cp-1,cp-2 or an inventory with --acp-inventory=FILE"),
        ([" "], "a host is empty"),
        (["cp-1", ""], "a host is empty"),
        (["cp-1", "cp-1"], "cp-1 is given twice; leave one of them out"),
        (["root@cp-1", "admin@cp-1"], "admin@cp-1 and root@cp-1 are the same host; leave one of them out"),
        (["cp-1", "cp-1:22"], "cp-1:22 and cp-1 are the same host"),
        (["2001:db8::1", "[2001:0db8::1]:22"], "are the same host"),
        (["cp-[1:3]", "cp-2"], "cp-2 is given twice"),
        (["docker://box", "podman://box"], "are the same host"),
        (["cp-[1:x]"], "is no range of hosts"),
        (["cp-1=boss"], '"boss" is no role'),
    ],
)
def test_hosts_that_cannot_be_are_a_usage_error(hosts: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        inventory_from_hosts(hosts, release="4.2", role="worker")
    assert said in str(caught.value)


def test_one_host_with_two_ports_is_two_nodes() -> None:
    inventory = inventory_from_hosts(["127.0.0.1:2201", "127.0.0.1:2202"], release="4.2", role="worker")
    assert [node.name for node in inventory.nodes] == ["127.0.0.1:2201", "127.0.0.1:2202"]


def test_without_a_release_the_option_and_the_releases_are_named() -> None:
    with pytest.raises(UsageError, match=r"Write --acp-release=, one of 4\.1, 4\.2"):
        inventory_from_hosts(["cp-1"], release=None, releases=["4.1", "4.2"], role="worker")
    with pytest.raises(UsageError, match=r'--acp-release: "5" is no release .* write one of 4\.1, 4\.2'):
        inventory_from_hosts(["cp-1"], release="5", releases=["4.1", "4.2"], role="worker")


def test_without_a_role_both_ways_to_write_it_are_named() -> None:
    with pytest.raises(UsageError, match=r"which role has cp-1\? Write --hosts=cp-1=control_plane .* or --acp-role="):
        inventory_from_hosts(["cp-1"], release="4.2")


ANSIBLE = {
    "_meta": {
        "hostvars": {
            "cp-1": {
                "ansible_host": "192.0.2.1", "ansible_port": 2222, "ansible_user": "root", "ansible_become": True,
                "ansible_ssh_private_key_file": "/key", "ansible_ssh_common_args": "-J 'jump host'",
            },
            "w-1": {"ansible_host": "2001:db8::1", "ansible_user": "ops", "ansible_ssh_pass": "hun/ter2"},
            "w-2": {"ansible_connection": "docker"},
            "w-3": {"ansible_connection": "kubectl"},
        }
    },
    "all": {"children": ["control_plane", "worker"]},
    "control_plane": {"hosts": ["cp-1"]},
    "installer": {"hosts": ["cp-1"]},
    "worker": {"hosts": ["w-1", "w-2", "w-3"]},
}  # fmt: skip


@pytest.fixture
def ansible_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a program before Ansible's on the PATH that prints an inventory as ``ansible-inventory --list`` does."""
    (tmp_path / "inventory.json").write_text(json.dumps(ANSIBLE))
    program = tmp_path / "ansible-inventory"
    program.write_text(f"#!/bin/sh\nexec cat {tmp_path}/inventory.json\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ANSIBLE_CONFIG", "/dev/null")
    return str(tmp_path / "hosts.ini")


def test_hosts_of_ansible_become_connections_of_our_own(ansible_inventory: str) -> None:
    inventory = inventory_from_hosts(
        [f"ansible://all?ansible_inventory={ansible_inventory}"], release="4.2", defaults=ConnectionDefaults()
    )
    by_name = {node.name: node for node in inventory.nodes}
    made = by_name["cp-1"].connection
    assert made.spec == "ssh://root@192.0.2.1:2222?ssh_identity_file=/key&sudo=true"
    assert (made.backend, made.port, made.ssh_args, made.become) == ("ssh", 2222, ("-J", "jump host"), True)
    assert by_name["w-1"].connection.spec == "ssh://ops@[2001:db8::1]"
    assert by_name["w-2"].connection.spec == "docker://w-2"
    assert by_name["w-3"].connection.backend == "ansible"  # Testinfra has no way of its own
    assert "hun" not in inventory.model_dump_json()


def test_groups_of_ansible_are_roles_unless_the_spec_says_otherwise(ansible_inventory: str) -> None:
    hosts = {host.name: host for host in expand_ansible("ansible://", ansible_inventory)}
    assert (hosts["cp-1"].roles, hosts["cp-1"].installer) == (CONTROL_PLANE, True)
    assert hosts["w-1"].roles == WORKER
    (told,) = expand_ansible("ansible://cp-1=worker", ansible_inventory)
    assert (told.roles, told.installer) == (WORKER, False)


def test_ansible_stays_in_between_where_it_is_forced(ansible_inventory: str) -> None:
    spec = "ansible://control_plane?force_ansible=true"
    (host,) = expand_ansible(spec, ansible_inventory)
    assert host.connection.backend == "ansible"
    assert host.connection.spec == f"ansible://cp-1?ansible_inventory={ansible_inventory}&force_ansible=true"
    assert expand_ansible("ansible://control_plane", ansible_inventory, ConnectionDefaults(force_ansible=True)) == (
        host.__class__(**{**vars(host), "options": {}}),
    )


def test_a_pattern_that_ansible_does_not_know_is_a_usage_error(ansible_inventory: str) -> None:
    with pytest.raises(UsageError, match='"ansible://nobody": Ansible knows no such host or group'):
        expand_ansible("ansible://nobody", ansible_inventory)


def test_what_ansible_printed_is_not_repeated(ansible_inventory: str, tmp_path: Path) -> None:
    (tmp_path / "ansible-inventory").write_text("#!/bin/sh\necho hunter2 >&2; exit 1\n")
    with pytest.raises(UsageError, match=r"see what it says to: ansible-inventory -i .* --list") as caught:
        expand_ansible("ansible://all", ansible_inventory)
    assert "hunter2" not in str(caught.value)


def test_without_ansible_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="needs Ansible on this machine: pip install ansible-core"):
        inventory_from_hosts(["ansible://all"], release="4.2", role="worker")
