"""How the nodes of a file are reached."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import testinfra

from acp_acceptance.inventory import Connection, ConnectionDefaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory import Inventory

    Load = Callable[..., Inventory]
    Problems = Callable[..., list[str]]


@pytest.fixture
def connection(load_groups: Load) -> Callable[..., Connection]:
    """Give the connection that the variables of one node make."""

    def connect(variables: str, **options: object) -> Connection:
        return load_groups(f"control_plane: {{hosts: {{cp-1: {{{variables}}}}}}}", **options).nodes[0].connection

    return connect


def test_without_variables_the_name_is_connected_to_over_ssh(connection: Callable[..., Connection]) -> None:
    assert connection("") == Connection(spec="ssh://cp-1", host="cp-1")


def test_ansibles_variables_make_the_connection(connection: Callable[..., Connection]) -> None:
    made = connection(
        "ansible_host: 192.0.2.1, ansible_port: 2222, ansible_user: deploy, ansible_become: yes, "
        "ansible_become_user: admin, ansible_ssh_private_key_file: ~/key, "
        "ansible_ssh_common_args: \"-J 'jump host' -o X=1\", ansible_ssh_extra_args: -4"
    )
    key = str(Path("~/key").expanduser())
    assert made == Connection(
        spec=f"ssh://deploy@192.0.2.1:2222?ssh_identity_file={key}&sudo=true&sudo_user=admin",
        host="192.0.2.1",
        port=2222,
        user="deploy",
        identity_file=key,
        ssh_args=("-J", "jump host", "-o", "X=1", "-4"),
        become=True,
        become_user="admin",
    )


def test_older_names_of_variables_still_work(connection: Callable[..., Connection]) -> None:
    made = connection("ansible_ssh_host: 192.0.2.1, ansible_ssh_port: 22, ansible_ssh_user: root, ansible_sudo: true")
    assert (made.host, made.port, made.user, made.become) == ("192.0.2.1", 22, "root", True)


@pytest.mark.parametrize(
    ("variables", "spec", "host"),
    [
        ("ansible_host: '2001:db8::1'", "ssh://[2001:db8::1]", "2001:db8::1"),
        ("ansible_host: '[2001:db8::1]', ansible_port: 22", "ssh://[2001:db8::1]:22", "2001:db8::1"),
        ("ansible_host: 'fe80::1%eth0'", "ssh://[fe80::1%25eth0]", "fe80::1%eth0"),
        ("ansible_user: me@corp", "ssh://me%40corp@cp-1", "cp-1"),
        ("ansible_connection: smart", "ssh://cp-1", "cp-1"),
        ("ansible_connection: ansible.builtin.ssh", "ssh://cp-1", "cp-1"),
        ("ansible_connection: paramiko_ssh", "paramiko://cp-1", "cp-1"),
        ("ansible_connection: local", "local://", "cp-1"),
        ("ansible_connection: community.docker.docker, ansible_host: box", "docker://box", "box"),
        ("ansible_connection: containers.podman.podman", "podman://cp-1", "cp-1"),
        (
            "ansible_connection: kubernetes.core.kubectl, ansible_kubectl_pod: p, ansible_kubectl_namespace: n",
            "kubectl://p?namespace=n",
            "p",
        ),
    ],
)
def test_the_spec_is_one_that_testinfra_reads(
    connection: Callable[..., Connection], variables: str, spec: str, host: str
) -> None:
    made = connection(variables)
    assert (made.spec, made.host) == (spec, host)
    backend: Any = testinfra.get_host(made.spec).backend
    if made.backend == "ssh":
        assert (backend.host.name, backend.host.user) == (made.host, made.user)


def test_the_address_is_ansible_host_or_the_name(load_groups: Load) -> None:
    inventory = load_groups("control_plane: {hosts: {cp-1: , cp-2: {ansible_host: 192.0.2.2}}}")
    assert [node.address for node in inventory.nodes] == ["cp-1", "192.0.2.2"]


def test_what_the_command_line_says_is_used_where_the_file_is_silent(connection: Callable[..., Connection]) -> None:
    defaults = ConnectionDefaults(identity_file="/k", ssh_config="/c", ssh_args=("-v",), become=True, become_user="adm")
    silent = connection("", defaults=defaults)
    assert (silent.identity_file, silent.ssh_config, silent.ssh_args) == ("/k", "/c", ("-v",))
    assert (silent.become, silent.become_user) == (True, "adm")
    telling = connection(
        "ansible_private_key_file: /own, ansible_ssh_extra_args: -4, ansible_become: no, ansible_become_user: root",
        defaults=defaults,
    )
    assert (telling.identity_file, telling.ssh_args) == ("/own", ("-4",))
    assert (telling.become, telling.become_user) == (False, "root")


def test_new_nodes_and_higher_minimums_are_said_by_host_or_group(load_groups: Load) -> None:
    inventory = load_groups("""
        worker:
          vars: {acp_minimum: {cpu_cores: 24, memory_gib: 48.5}}
          hosts:
            worker-1:
            worker-2: {new: true, acp_minimum: {cpu_cores: 32}}
    """)
    old, new = inventory.nodes
    assert (old.new, old.minimum.cpu_cores, old.minimum.memory_gib) == (False, 24, 48.5)
    assert (new.new, new.minimum.cpu_cores, new.minimum.memory_gib) == (True, 32, None)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ("ansible_port: 0", "ansible_port: this is no port; write a number from 1 to 65535"),
        ("ansible_port: 65536", "this is no port"),
        ("ansible_port: ssh", "this is no port"),
        ("ansible_port: [22]", "ansible_port: a list stands here; write a single value"),
        ("ansible_host: 192.0.2.1:22", '"192.0.2.1:22" is no IPv6 address; a port has a place of its own'),
        ("ansible_host: a b", '"a b" is neither an address nor a host name'),
        ("ansible_host: -oProxyCommand=x", "is neither an address nor a host name"),
        ("ansible_host: '{{ inventory_hostname }}.x'", "ansible_host: a template needs Ansible"),
        ("ansible_host: !vault x", "ansible_host: an Ansible Vault value needs Ansible"),
        ("ansible_user: -l", "ansible_user: this is no user name"),
        ("ansible_user: 'a;b'", "this is no user name"),
        ("ansible_ssh_private_key_file: ~nobody-here/key", '"~nobody-here/key": nobody knows this home directory'),
        ("ansible_become: perhaps", '"perhaps" is neither true nor false; write one of the two'),
        ("ansible_become: true, ansible_become_method: su", '"su" is not supported; the suite becomes root with sudo'),
        (
            "ansible_connection: winrm",
            '"winrm" is no connection that is known here; write one of docker, kubectl, local',
        ),
        ('ansible_ssh_common_args: "-o \'x"', "a quote is opened here and never closed"),
        ("acp_minimum: 24", "acp_minimum: a single value stands here; write a mapping (key: value)"),
        ("acp_minimum: {cpu_cores: 0}", '"0" is out of range; write more than 0'),
        ("acp_minimum: {memory_gib: nan}", "acp_minimum.memory_gib: "),
        ("acp_minimum: {cores: 24}", "acp_minimum.cores: is no key that is known here"),
        ("acp_minimun: {cpu_cores: 24}", "acp_minimun: is no variable of the suite; did you mean acp_minimum?"),
        ("new: soon", '"soon" is neither true nor false'),
    ],
)
def test_a_variable_that_cannot_be_used_is_a_problem(group_problems: Problems, variables: str, said: str) -> None:
    (problem,) = group_problems(f"control_plane:\n  hosts:\n    cp-1: {{{variables}}}\n")
    assert said in problem
    assert problem.startswith("site.yml:4: control_plane.hosts.cp-1.")


def test_a_mistake_of_a_group_is_said_once(group_problems: Problems) -> None:
    (problem,) = group_problems("control_plane:\n  vars: {ansible_port: x}\n  hosts: {'cp-[1:9]': }")
    assert problem.startswith("site.yml:3: control_plane.vars.ansible_port: ")


def test_a_template_that_a_nearer_value_replaces_is_no_problem(load_groups: Load) -> None:
    inventory = load_groups("""
        control_plane:
          vars: {ansible_user: "{{ user }}"}
          hosts: {cp-1: {ansible_user: root}}
    """)
    assert inventory.nodes[0].connection.user == "root"
