"""The nodes that are measured, and what each tool needs to reach them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import yaml
from typing_extensions import override

from benchmarks.preflight.node_python import python_layer
from lab import Lab, NodeSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lab.plan import NodeFile, NodePlan

_SSH_PORT = 22
_CONTROL_PLANE = 3


@dataclass(frozen=True)
class Node:
    """A node as its tools see it.

    Attributes:
        name: in all inventories.
        address: its own.
        host: where its SSH server is reached: itself, or the relay.
        port: likewise.
        key: private key that its root accepts.
        host_key: its public host key, type and text.
    """

    name: str
    address: str
    host: str
    port: int
    key: Path
    host_key: str


@dataclass
class BenchLab(Lab):
    """A lab whose nodes may also have a Python, which Ansible and Kubemarine need and the suite does not.

    Attributes:
        with_python: they have.
    """

    with_python: bool = False

    @override
    def _plan_node(self, spec: NodeSpec, address: str, layers: list[Path], files: list[NodeFile]) -> NodePlan:
        plan = super()._plan_node(spec, address, layers, files)
        return replace(plan, layers=[str(python_layer(self.say)), *plan.layers]) if self.with_python else plan


@dataclass(frozen=True)
class Nodes:
    """What runs.

    Attributes:
        nodes: all of them.
        groups: of the suite's inventory: names by group.
        acp: the site, as the suite's inventory says it.
    """

    nodes: Sequence[Node]
    groups: dict[str, list[str]]
    acp: dict[str, object]

    def relayed(self, ports: dict[str, int]) -> Nodes:
        """Give the same nodes as they are reached through the relay."""
        return replace(self, nodes=[replace(node, host="127.0.0.1", port=ports[node.name]) for node in self.nodes])


@contextmanager
def running_nodes(count: int, *, with_python: bool) -> Iterator[Nodes]:
    """Start so many nodes: three of them control plane, of which one is the installer, the others workers."""
    names = [f"node-{number}" for number in range(1, count + 1)]
    groups = {
        "control_plane": names[:_CONTROL_PLANE],
        "worker": names[_CONTROL_PLANE:] or names,
        "installer": names[:1],
    }
    specs = [
        NodeSpec(name, roles=tuple(group for group, members in groups.items() if name in members)) for name in names
    ]
    with BenchLab(specs, name="benchmark", say=lambda _line: None, with_python=with_python) as lab:
        keys = _host_keys(lab.known_hosts)
        written = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
        nodes = [
            Node(name, node.address, node.address, _SSH_PORT, lab.identity_file, keys[node.address])
            for name, node in lab.nodes.items()
        ]
        yield Nodes(nodes, groups, written["all"]["vars"]["acp"])


def _host_keys(known_hosts: Path) -> dict[str, str]:
    lines = known_hosts.read_text(encoding="ascii").splitlines()
    return {line.split()[0]: " ".join(line.split()[1:3]) for line in lines}


@dataclass(frozen=True)
class Site:
    """Files by which each tool reaches the nodes.

    Attributes:
        folder: private; holds all of it.
        running: the nodes.
        key_exchange: an algorithm that OpenSSH is told to prefer; empty for its own choice.
    """

    folder: Path
    running: Nodes
    key_exchange: str = ""

    @property
    def nodes(self) -> Sequence[Node]:
        """All nodes."""
        return self.running.nodes

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [node.name for node in self.nodes]

    @property
    def ssh_config(self) -> Path:
        """Leads names and addresses to where the SSH servers are reached: ``ssh -F`` this ``NAME``."""
        return self.folder / "ssh_config"

    @property
    def ssh_config_shared(self) -> Path:
        """The same with connections that are kept and shared."""
        return self.folder / "ssh_config_shared"

    @property
    def suite_inventory(self) -> Path:
        """The suite's."""
        return self.folder / "suite.yml"

    @property
    def ansible_inventory(self) -> Path:
        """Ansible's."""
        return self.folder / "ansible.yml"

    @property
    def pyinfra_inventory(self) -> Path:
        """Pyinfra's."""
        return self.folder / "pyinfra_inventory.py"

    @property
    def known_hosts(self) -> Path:
        """Host keys, for all of them."""
        return self.folder / "known_hosts"

    def write(self) -> Site:
        """Write all files; gives itself."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.known_hosts.write_text("".join(map(_known, self.nodes)), encoding="ascii")
        common = f"""Host *
  User root
  IdentitiesOnly yes
  UserKnownHostsFile {self.known_hosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
"""
        if self.key_exchange:
            common += f"  KexAlgorithms ^{self.key_exchange}\n"
        blocks = "".join(map(_block, self.nodes))
        self.ssh_config.write_text(blocks + common, encoding="utf-8")
        # ControlMaster itself is asked for by the tool.
        shared = f"{blocks}{common}  ControlPath {self.folder}/shared-%C\n"
        self.ssh_config_shared.write_text(shared, encoding="utf-8")
        reached: dict[str, object] = {"ansible_user": "root", "ansible_ssh_common_args": f"-F {self.ssh_config}"}
        self._write_inventory(self.suite_inventory, {**reached, "acp": self.running.acp})
        self._write_inventory(self.ansible_inventory, {**reached, "ansible_python_interpreter": "/usr/bin/python3"})
        self.pyinfra_inventory.write_text(_pyinfra_text(self), encoding="utf-8")
        return self

    def _write_inventory(self, path: Path, variables: dict[str, object]) -> None:
        hosts = {node.name: {"ansible_host": node.address} for node in self.nodes}
        groups: dict[str, object] = {
            group: {"hosts": dict.fromkeys(members)} for group, members in self.running.groups.items()
        }
        document = {"all": {"vars": variables, "hosts": hosts, "children": groups}}
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _block(node: Node) -> str:
    return f"Host {node.name} {node.address}\n  HostName {node.host}\n  Port {node.port}\n  IdentityFile {node.key}\n"


def _known(node: Node) -> str:
    place = node.host if node.port == _SSH_PORT else f"[{node.host}]:{node.port}"
    return f"{place} {node.host_key}\n"


def _pyinfra_text(site: Site) -> str:
    rows = [
        (
            node.name,
            {
                "ssh_hostname": node.host,
                "ssh_port": node.port,
                "ssh_user": "root",
                "ssh_key": str(node.key),
                "ssh_known_hosts_file": str(site.known_hosts),
                "ssh_strict_host_key_checking": "yes",
                "ssh_allow_agent": False,
                "ssh_look_for_keys": False,
            },
        )
        for node in site.nodes
    ]
    return f"import json\n\ncontrol_plane = [tuple(row) for row in json.loads('''{json.dumps(rows)}''')]\n".replace(
        "'''", '"""'
    )
