"""The Ansible variables that are used here, and the connection they make. All others are ignored."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from acp_acceptance.inventory import addresses
from acp_acceptance.inventory.document import Entry, is_vault, joined, kind_of, needs_ansible
from acp_acceptance.inventory.hostspec import made_spec
from acp_acceptance.inventory.nodes import Connection, ConnectionDefaults
from acp_acceptance.inventory.wording import listed, near_misses, shown
from acp_acceptance.inventory.yaml_nodes import Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from acp_acceptance.inventory.errors import Problems

OURS = ("acp_address", "acp_minimum", "acp_network", "new")
"""Variables of this suite, for hosts and groups."""

SITE_ELSEWHERE = "the site's block stands here; write it under all.vars.acp"

_USED = {
    "ansible_host", "ansible_port", "ansible_user", "ansible_connection",
    "ansible_ssh_private_key_file", "ansible_ssh_common_args", "ansible_ssh_extra_args",
    "ansible_become", "ansible_become_user", "ansible_become_method", "ansible_group_priority",
    "ansible_kubectl_pod", "ansible_kubectl_namespace", "ansible_kubectl_container",
    *OURS,
}  # fmt: skip
_OLDER_NAMES = {
    "ansible_ssh_host": "ansible_host",
    "ansible_ssh_port": "ansible_port",
    "ansible_ssh_user": "ansible_user",
    "ansible_private_key_file": "ansible_ssh_private_key_file",
    "ansible_sudo": "ansible_become",
    "ansible_sudo_user": "ansible_become_user",
}
_PASSWORDS = {
    "ansible_password": "ACP_SSH_PASSWORD",
    "ansible_ssh_pass": "ACP_SSH_PASSWORD",
    "ansible_ssh_password": "ACP_SSH_PASSWORD",
    "ansible_paramiko_pass": "ACP_SSH_PASSWORD",
    "ansible_paramiko_password": "ACP_SSH_PASSWORD",
    "ansible_become_password": "ACP_SUDO_PASSWORD",
    "ansible_become_pass": "ACP_SUDO_PASSWORD",
    "ansible_sudo_pass": "ACP_SUDO_PASSWORD",
    "ansible_sudo_password": "ACP_SUDO_PASSWORD",
}
_BACKENDS = {
    "smart": "ssh", "ssh": "ssh", "ansible.builtin.ssh": "ssh",
    "paramiko": "paramiko", "paramiko_ssh": "paramiko", "ansible.builtin.paramiko_ssh": "paramiko",
    "local": "local", "ansible.builtin.local": "local",
    "docker": "docker", "community.docker.docker": "docker", "community.docker.docker_api": "docker",
    "podman": "podman", "containers.podman.podman": "podman",
    "kubectl": "kubectl", "kubernetes.core.kubectl": "kubectl", "community.kubernetes.kubectl": "kubectl",
}  # fmt: skip
_TRUE = {"true", "yes", "on", "1", "y", "t"}
_FALSE = {"false", "no", "off", "0", "n", "f"}
_T = TypeVar("_T")


@dataclass(frozen=True)
class Variable:
    """A variable's value, and where it is given.

    Attributes:
        line: the line of its key.
        key: the path of keys to it.
    """

    node: Node
    line: int
    key: str

    def same_as(self, other: Variable) -> bool:
        """Tell whether another variable has the same value; lists and mappings never have."""
        return isinstance(self.node, Scalar) and isinstance(other.node, Scalar) and self.node.text == other.node.text

    def number(self) -> int:
        """Give a whole number, or 1 where it is none (Ansible's default of priorities)."""
        return int(self.node.text) if isinstance(self.node, Scalar) and self.node.text.isdecimal() else 1


Variables = dict[str, Variable]


def used_variables(entries: dict[str, Entry], key: str, problems: Problems) -> Variables:
    """Pick the variables that are used here, by their present names, and note passwords and near misses of ours."""
    variables: Variables = {}
    for name, entry in entries.items():
        if name in _USED:
            variables[name] = Variable(entry.value, entry.line, joined(key, name))
        elif name in _OLDER_NAMES:
            variables.setdefault(_OLDER_NAMES[name], Variable(entry.value, entry.line, joined(key, name)))
        elif name in _PASSWORDS:
            _refuse_literal(name, entry, key, problems)
        elif name == "acp":
            problems.add(entry.line, joined(key, name), SITE_ELSEWHERE)
        elif name.startswith("acp_") and (meant := near_misses(name, OURS)):
            problems.add(entry.line, joined(key, name), f"is no variable of the suite; did you mean {meant[0]}?")
    return variables


def _refuse_literal(name: str, entry: Entry, key: str, problems: Problems) -> None:
    # Encrypted and templated passwords are no secret in the file; they are not read, and do no harm.
    value = entry.value
    if isinstance(value, Scalar) and (value.is_null or value.is_template or is_vault(value)):
        return
    problems.add(
        entry.line,
        joined(key, name),
        f"a password stands in the file; remove it, and give it in the environment variable {_PASSWORDS[name]} "
        "or when the suite asks",
    )


class HostVariables:
    """Reads the variables of one host, and notes what is wrong with them.

    Attributes:
        sound: whether nothing was wrong so far.
    """

    def __init__(self, host: str, variables: Variables, problems: Problems) -> None:
        self.sound = True
        self._host = host
        self._variables = variables
        self._problems = problems

    def __getitem__(self, name: str) -> Variable | None:
        return self._variables.get(name)

    def text(self, name: str) -> str | None:
        """Give a variable's text; None where it has none."""
        variable = self._variables.get(name)
        if variable is None:
            return None
        node = variable.node
        if not isinstance(node, Scalar):
            self._note(variable, f"{kind_of(node)} stands here; write a single value")
        elif wrong := needs_ansible(node):
            self._note(variable, wrong)
        elif node.text and not node.is_null:
            return node.text
        return None

    def checked(self, name: str, check: Callable[[str], _T]) -> _T | None:
        """Give what ``check`` makes of a variable's text; its ValueError is what is wrong."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return check(text)
        except ValueError as error:
            self._note(self._variables[name], str(error))
            return None

    def boolean(self, name: str) -> bool | None:
        """Give a variable that is true or false."""
        return self.checked(name, checked_boolean)

    def connection(self, defaults: ConnectionDefaults) -> Connection | None:
        """Make the connection; None where something is wrong with its variables."""
        backend = self.checked("ansible_connection", _backend) or "ssh"
        host = self.checked("ansible_host", addresses.checked_host) or self._host
        if backend == "kubectl":
            host = self.text("ansible_kubectl_pod") or host
        become = self.boolean("ansible_become")
        if become:
            self.checked("ansible_become_method", _only_sudo)
        common = self.checked("ansible_ssh_common_args", split_arguments) or ()
        extra = self.checked("ansible_ssh_extra_args", split_arguments) or ()
        identity_file = self.checked("ansible_ssh_private_key_file", addresses.in_home) or defaults.identity_file
        connection = Connection(
            backend=backend,
            spec="",
            host=host,
            port=self.checked("ansible_port", addresses.checked_port),
            user=self.checked("ansible_user", addresses.checked_user),
            identity_file=identity_file,
            ssh_config=defaults.ssh_config,
            ssh_args=(common + extra) or defaults.ssh_args,
            become=defaults.become if become is None else become,
            become_user=self.checked("ansible_become_user", addresses.checked_user) or defaults.become_user or "root",
        )
        options = {name: self.text(f"ansible_kubectl_{name}") for name in ("namespace", "container")}
        if not self.sound:
            return None
        return connection.model_copy(update={"spec": made_spec(connection, options if backend == "kubectl" else {})})

    def _note(self, variable: Variable, text: str) -> None:
        self.sound = False
        self._problems.add(variable.line, variable.key, text)


def checked_boolean(text: str) -> bool:
    """Read true or false, in the ways that YAML writes them."""
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(f"{shown(text)} is neither true nor false; write one of the two")
    return text.lower() in _TRUE


def split_arguments(text: str) -> tuple[str, ...]:
    """Split arguments of the SSH client as a shell does."""
    if re.search(r"sshpass\s+-p\s*\S", text):
        raise ValueError("a password stands in the file (sshpass -p); use a key, or sshpass -e with the environment")
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise ValueError("a quote is opened here and never closed; close it") from None


def _backend(text: str) -> str:
    if text not in _BACKENDS:
        raise ValueError(
            f"{shown(text)} is no connection that is known here; write one of "
            f"{listed(sorted(set(_BACKENDS.values())))}, or use --hosts=ansible://HOST?force_ansible=true"
        )
    return _BACKENDS[text]


def _only_sudo(text: str) -> str:
    if text.rpartition(".")[2] != "sudo":
        raise ValueError(f"{shown(text)} is not supported; the suite becomes root with sudo, or logs in as root")
    return text
