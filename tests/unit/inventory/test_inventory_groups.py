"""Ansible's groups, ranges and precedence, read without Ansible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acp_acceptance.inventory import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory import Inventory

    Load = Callable[..., Inventory]
    Problems = Callable[..., list[str]]


def test_roles_are_the_groups_a_node_is_in(load_groups: Load) -> None:
    inventory = load_groups("""
        control_plane: {hosts: {cp-1: , both-1: }}
        worker: {hosts: {both-1: , worker-1: }}
        installer: {hosts: {cp-1: }}
    """)
    assert {node.name: node.roles for node in inventory.nodes} == {
        "cp-1": {Role.CONTROL_PLANE},
        "both-1": {Role.CONTROL_PLANE, Role.WORKER},
        "worker-1": {Role.WORKER},
    }
    assert [node.name for node in inventory.nodes if node.installer] == ["cp-1"]


def test_a_role_reaches_the_nodes_of_child_groups(load_groups: Load) -> None:
    inventory = load_groups("""
        worker:
          children:
            rack-a: {hosts: {worker-1: }}
            rack-b: {children: {row-1: {hosts: {worker-2: }}}}
    """)
    assert [node.roles for node in inventory.nodes] == [{Role.WORKER}] * 2
    assert inventory.node("worker-2").groups == {"worker", "rack-b", "row-1"}


def test_groups_may_stand_below_all_or_at_the_top(load: Load) -> None:
    inventory = load("""
        all:
          vars: {acp: {release: "4.2", topology: single_cluster}}
          children:
            control_plane: {hosts: {cp-1: }}
            site-a: {children: {worker: }}
        worker: {hosts: {worker-1: }}
    """)
    assert inventory.node("worker-1").groups == {"worker", "site-a"}


def test_a_single_host_needs_no_mapping(load_groups: Load) -> None:
    assert load_groups("control_plane: {hosts: cp-1}").node("cp-1").roles == {Role.CONTROL_PLANE}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("cp-[1:3]", ["cp-1", "cp-2", "cp-3"]),
        ("cp-[01:03].example.com", ["cp-01.example.com", "cp-02.example.com", "cp-03.example.com"]),
        ("cp-[08:10]", ["cp-08", "cp-09", "cp-10"]),
        ("cp-[1:7:3]", ["cp-1", "cp-4", "cp-7"]),
        ("cp-[a:c]", ["cp-a", "cp-b", "cp-c"]),
        ("r[1:2]-[a:b]", ["r1-a", "r1-b", "r2-a", "r2-b"]),
        ("cp-[:2]", ["cp-0", "cp-1", "cp-2"]),
    ],
)
def test_ranges_are_expanded_as_ansible_does(load_groups: Load, pattern: str, names: list[str]) -> None:
    inventory = load_groups(f"control_plane: {{hosts: {{'{pattern}': }}}}")
    assert [node.name for node in inventory.nodes] == names


@pytest.mark.parametrize("pattern", ["cp-[3:1]", "cp-[01:100]", "cp-[1:]", "cp-[a:10]", "cp-[1:9:0]", "cp-[1:x]"])
def test_a_range_that_is_none_is_a_problem(group_problems: Problems, pattern: str) -> None:
    (problem,) = group_problems(f"control_plane: {{hosts: {{'{pattern}': }}}}")
    assert problem.startswith(f"site.yml:2: control_plane.hosts.{pattern}: ")
    assert "is no range of hosts; write one such as [01:20]" in problem


@pytest.mark.parametrize("pattern", ["n[0:99999999999]", "n[0:999]-[0:999]", "n[0:9][0:9][0:9][0:9][0:9]"])
def test_a_range_of_too_many_hosts_is_a_problem(group_problems: Problems, pattern: str) -> None:
    (problem,) = group_problems(f"control_plane: {{hosts: {{'{pattern}': }}}}")
    assert "stands for more than 10000 hosts; write a shorter range" in problem


def test_a_port_may_follow_the_name(load_groups: Load) -> None:
    inventory = load_groups("control_plane: {hosts: {'cp-1:2222': , '[2001:db8::1]:2223': , '2001:db8::2': }}")
    assert [(node.name, node.connection.port) for node in inventory.nodes] == [
        ("cp-1", 2222),
        ("2001:db8::1", 2223),
        ("2001:db8::2", None),
    ]


def test_nearer_variables_win(load: Load) -> None:
    inventory = load("""
        all:
          vars: {ansible_user: of-all, acp: {release: "4.2", topology: multi_cluster}}
        control_plane:
          vars: {ansible_user: of-parent, ansible_port: 1}
          children:
            rack-a:
              vars: {ansible_user: of-child}
              hosts:
                cp-1:
                cp-2: {ansible_user: of-host}
          hosts: {cp-3: }
        worker: {hosts: {worker-1: }}
    """)
    assert {node.name: node.connection.user for node in inventory.nodes} == {
        "cp-1": "of-child",
        "cp-2": "of-host",
        "cp-3": "of-parent",
        "worker-1": "of-all",
    }
    assert inventory.node("cp-1").connection.port == 1


def test_of_groups_of_one_depth_the_later_name_wins_unless_a_priority_decides(load_groups: Load) -> None:
    groups = """
        control_plane: {{hosts: {{cp-1: }}}}
        rack-a: {{vars: {{ansible_user: a{priority}}}, hosts: {{cp-1: }}}}
        rack-b: {{vars: {{ansible_user: b}}, hosts: {{cp-1: }}}}
    """
    assert load_groups(groups.format(priority="")).node("cp-1").connection.user == "b"
    prioritised = groups.format(priority=", ansible_group_priority: 10")
    assert load_groups(prioritised).node("cp-1").connection.user == "a"


def test_anchors_and_merge_keys_work(load: Load) -> None:
    inventory = load("""
        all:
          vars:
            defaults: &defaults {ansible_user: deploy, ansible_port: 2222}
            acp: {release: "4.2", topology: multi_cluster}
        control_plane:
          hosts:
            cp-1: {<<: *defaults}
            cp-2: {<<: [{ansible_port: 22}, *defaults], ansible_user: other}
    """)
    connections = [node.connection for node in inventory.nodes]
    assert [(connection.user, connection.port) for connection in connections] == [("deploy", 2222), ("other", 22)]


def test_variables_of_others_are_ignored_whatever_they_hold(load_groups: Load) -> None:
    inventory = load_groups("""
        control_plane:
          vars:
            ansible_python_interpreter: "{{ python }}"
            secret: !vault |
              $ANSIBLE_VAULT;1.1;AES256
              6162
            rack: [1, {a: 1, a: 2}]
          hosts: {cp-1: {ansible_password: "{{ vault_password }}", acpi: true, token: !ours x}}
    """)
    assert inventory.node("cp-1").connection.spec == "ssh://cp-1"


def test_a_node_in_no_role_is_a_problem(group_problems: Problems) -> None:
    (problem,) = group_problems("installer: {hosts: {cp-1: }}")
    assert problem == (
        "site.yml:2: installer.hosts.cp-1: cp-1 is in neither of the groups control_plane and worker; "
        "name it in one of them (or in both)"
    )


@pytest.mark.parametrize(
    ("group", "meant"),
    [
        ("control-plane", "control_plane"),
        ("masters", "control_plane"),
        ("kube_control_plane", "control_plane"),
        ("workers", "worker"),
        ("kube_node", "worker"),
    ],
)
def test_a_group_that_resembles_a_role_is_named(group_problems: Problems, group: str, meant: str) -> None:
    (problem,) = group_problems(f"{group}: {{hosts: {{cp-1: }}}}")
    assert problem.endswith(f"; was its group {group} meant as {meant}?")


def test_the_same_host_twice_in_a_group_names_both_lines(group_problems: Problems) -> None:
    assert group_problems("control_plane:\n  hosts:\n    cp-1:\n    cp-2:\n    cp-1:\n") == [
        "site.yml:6: control_plane.hosts.cp-1: stands twice, the first time on line 4; keep one"
    ]


def test_two_values_of_one_variable_of_one_host_name_both_lines(group_problems: Problems) -> None:
    (problem,) = group_problems("""\
        control_plane:
          hosts:
            cp-1: {ansible_host: 192.0.2.1}
        installer:
          hosts:
            cp-1: {ansible_host: 192.0.2.2}
    """)
    assert problem == (
        "site.yml:7: installer.hosts.cp-1.ansible_host: is given to cp-1 a second time, with another value "
        "than on line 4; keep one"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ansible_host: 192.0.2.1", "ansible_host: 192.0.2.1"),
        ("ansible_host: 192.0.2.1", "ansible_host: 192.0.2.1, ansible_port: 22"),
        ("ansible_host: Node.example.com", "ansible_host: node.example.com."),
        ("ansible_host: '2001:db8::1'", "ansible_host: '[2001:0db8:0::1]'"),
        ("ansible_connection: local", "ansible_connection: local"),
        ("ansible_connection: docker, ansible_host: c", "ansible_connection: docker, ansible_host: c"),
    ],
)
def test_two_nodes_at_one_place_are_a_problem_that_names_both(group_problems: Problems, one: str, other: str) -> None:
    (problem,) = group_problems(f"control_plane:\n  hosts:\n    cp-1: {{{one}}}\n    cp-2: {{{other}}}\n")
    assert problem.startswith(
        "site.yml:5: control_plane.hosts.cp-2: cp-2 is reached at the same place as cp-1 (line 4)"
    )


def test_one_address_with_two_ports_is_two_nodes(load_groups: Load) -> None:
    inventory = load_groups("""
        control_plane:
          vars: {ansible_host: 192.0.2.1}
          hosts: {cp-1: {ansible_port: 2201}, cp-2: {ansible_port: 2202}}
    """)
    assert len(inventory.nodes) == 2


def test_a_cluster_has_one_installer_at_most(group_problems: Problems) -> None:
    (problem,) = group_problems("control_plane: {hosts: {'cp-[1:2]': }}\ninstaller: {children: {control_plane: }}")
    assert "cp-2 is the second installer of cluster global, beside cp-1" in problem


@pytest.mark.parametrize("name", ["a b", "-oProxyCommand=x", "..", ".hidden", "cp/1", "узел", "cp;1", "cp$1", "cp\\n1"])
def test_a_name_that_is_not_safe_everywhere_is_a_problem(group_problems: Problems, name: str) -> None:
    (problem,) = group_problems(f'control_plane: {{hosts: {{"{name}": }}}}')
    assert "is no name of a node; write letters, digits and . - _ : only" in problem
    assert "\n" not in problem
    assert all("\n" not in problem for problem in group_problems(f'other: {{hosts: {{"{name}": }}}}'))


def test_a_name_may_have_253_characters(load_groups: Load, group_problems: Problems) -> None:
    assert load_groups(f"control_plane: {{hosts: {{{'n' * 253}: }}}}").nodes
    (problem,) = group_problems(f"control_plane: {{hosts: {{{'n' * 254}: }}}}")
    assert "a name of 254 characters; write at most 253" in problem


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("control_plane: {host: {cp-1: }}", "control_plane.host: is nothing that a group has; did you mean hosts?"),
        ("control_plane: {hosts: [cp-1]}", "control_plane.hosts: a list stands here; write each name with a colon"),
        ("control_plane: {hosts: {cp-1: 192.0.2.1}}", "a single value follows the host; write its variables below it"),
        ("control_plane: cp-1", "control_plane: a single value stands here; write a mapping (key: value)"),
        ("hosts: {cp-1: }", "hosts: stands at the top of the file; write it below all:"),
        ("acp: {release: x}", "acp: the site's block stands here; write it under all.vars.acp"),
        ("control_plane: {vars: {acp: {}}, hosts: {a: }}", "the site's block stands here; write it under all.vars.acp"),
        ("plugin: aws_ec2", "plugin: this is the configuration of an inventory plugin"),
        ("control_plane: {hosts: {'cp-1:port': }}", "this is no port; write a number from 1 to 65535"),
        ("control_plane: {hosts: {? [a, b] : }}", "control_plane.hosts: a list is used as a key; write a name"),
        ("a: {children: {b: }}\nb: {children: {a: }}", "groups contain each other: a > b > a; take one out"),
        ("a: {children: {all: }}", "groups contain each other: all > a > all; take one out"),
        ("control_plane: {hosts: }", "names no host; write groups control_plane and worker with hosts"),
    ],
)
def test_what_is_no_group_is_a_problem(group_problems: Problems, groups: str, said: str) -> None:
    assert said in "\n".join(group_problems(groups))
