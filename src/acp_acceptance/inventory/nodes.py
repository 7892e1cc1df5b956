"""Nodes, and how each is reached."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator


class Frozen(BaseModel):
    """A value: unchangeable, and without keys that it does not know. A key without a value is as none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:  # noqa: ANN401 - whatever is validated
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


class Role(str, Enum):
    """What a node is in its cluster; a node can be both."""

    CONTROL_PLANE = "control_plane"
    WORKER = "worker"


def _sorted(values: frozenset[Any]) -> list[Any]:
    return sorted(values)


_Item = TypeVar("_Item")
# Sorted when written, so that the same inventory is always the same JSON.
SortedSet = Annotated[frozenset[_Item], PlainSerializer(_sorted)]


class Connection(Frozen):
    """How a node is reached.

    Attributes:
        backend: a backend by Testinfra's name: ssh, paramiko, local, docker, podman, kubectl, ansible ...
        spec: Testinfra's host spec, as it was given or made of what is below.
        host: address or name that is connected to; the container, Pod or Ansible host of other backends.
        port: None where nobody says; the SSH client then decides.
        user: None where nobody says; the SSH client then decides.
        identity_file: file of the private key.
        ssh_config: file of the SSH client's configuration.
        ssh_args: further arguments of the SSH client, split as a shell does.
        become: whether commands run through sudo; None where nobody says.
        become_user: the user that they then run as.
    """

    backend: str = "ssh"
    spec: str
    host: str
    port: int | None = None
    user: str | None = None
    identity_file: str | None = None
    ssh_config: str | None = None
    ssh_args: tuple[str, ...] = ()
    become: bool | None = None
    become_user: str = "root"


class ConnectionDefaults(Frozen):
    """What the command line says of connections; the inventory and host specs go before it.

    Attributes:
        backend: Testinfra's ``--connection``: the backend of plain names (ssh without it).
        identity_file: ``--ssh-identity-file``.
        ssh_config: ``--ssh-config``.
        ssh_args: ``--ssh-extra-args``, split.
        become: ``--sudo``.
        become_user: ``--sudo-user``.
        ansible_inventory: ``--ansible-inventory``.
        force_ansible: ``--force-ansible``.
    """

    backend: str | None = None
    identity_file: str | None = None
    ssh_config: str | None = None
    ssh_args: tuple[str, ...] = ()
    become: bool | None = None
    become_user: str | None = None
    ansible_inventory: str | None = None
    force_ansible: bool = False


class Minimum(Frozen):
    """What a node must have at least, where that is more than the release asks for.

    Attributes:
        cpu_cores: cores.
        memory_gib: memory in GiB.
    """

    cpu_cores: int | None = Field(default=None, gt=0, examples=[24])
    memory_gib: float | None = Field(default=None, gt=0, allow_inf_nan=False, examples=[48])


class Node(Frozen):
    """A machine of the site.

    Attributes:
        name: unique in the inventory, and safe in file names, test ids and shells.
        cluster: name of the cluster it belongs to.
        roles: what it is there; at least one.
        installer: whether the installer runs on it.
        new: whether it is to be added to an installed cluster.
        groups: every Ansible group it is in, parents among them, ``all`` not.
        connection: how it is reached.
        address: its own in the cluster: ``acp_address``, else where it is reached (``ansible_host``, its name).
        network: name of the network it is in; nodes of one network owe each other its latency and bandwidth.
        minimum: what it must have at least.
    """

    name: str
    cluster: str
    roles: SortedSet[Role]
    installer: bool = False
    new: bool = False
    groups: SortedSet[str] = frozenset()
    connection: Connection
    address: str
    network: str
    minimum: Minimum = Minimum()
