"""The nodes that are measured, and what each tool needs to reach them."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import yaml
from typing_extensions import override

from benchmarks.preflight.node_python import python_layer
from lab import Lab, NodeSpec
from lab.networks import MOST_NODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lab.plan import NodeFile, NodePlan

_SSH_PORT = 22


@dataclass(frozen=True)
class Node:
    """A node as its tools see it.

    Attributes:
        name: in all inventories.
        address: to connect to.
        port: to connect to.
        key: private key that its root accepts.
        host_key: its public host key, type and text.
    """

    name: str
    address: str
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


@contextmanager
def running_nodes(count: int, *, with_python: bool) -> Iterator[list[Node]]:
    """Start so many nodes, in as many labs as that takes."""
    most = MOST_NODES
    names = [f"cp-{number}" for number in range(1, count + 1)]
    with ExitStack() as stack:
        nodes = []
        for start in range(0, count, most):
            specs = [NodeSpec(name) for name in names[start : start + most]]
            made = BenchLab(specs, name="benchmark", say=lambda _line: None, with_python=with_python)
            lab = stack.enter_context(made)
            keys = _host_keys(lab.known_hosts)
            nodes += [
                Node(name, node.address, _SSH_PORT, lab.identity_file, keys[node.address])
                for name, node in lab.nodes.items()
            ]
        yield nodes


def _host_keys(known_hosts: Path) -> dict[str, str]:
    lines = known_hosts.read_text(encoding="ascii").splitlines()
    return {line.split()[0]: " ".join(line.split()[1:3]) for line in lines}


def relayed(nodes: Sequence[Node], ports: dict[str, int]) -> list[Node]:
    """Give the same nodes as they are reached through the relay."""
    return [replace(node, address="127.0.0.1", port=ports[node.name]) for node in nodes]


@dataclass(frozen=True)
class Site:
    """Files by which each tool reaches the nodes.

    Attributes:
        folder: private; holds all of it.
        nodes: all of them.
        key_exchange: an algorithm that OpenSSH is told to prefer; empty for its own choice.
    """

    folder: Path
    nodes: Sequence[Node]
    key_exchange: str = ""

    @property
    def names(self) -> list[str]:
        """All nodes."""
        return [node.name for node in self.nodes]

    @property
    def ssh_config(self) -> Path:
        """For tools that are given names: ``ssh -F`` this ``NAME``."""
        return self.folder / "ssh_config"

    @property
    def ssh_config_shared(self) -> Path:
        """The same with connections that are kept and shared."""
        return self.folder / "ssh_config_shared"

    @property
    def ssh_common(self) -> Path:
        """For tools whose inventory says where nodes are."""
        return self.folder / "ssh_common"

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
        blocks = "".join(
            f"Host {node.name}\n  HostName {node.address}\n  Port {node.port}\n  IdentityFile {node.key}\n"
            for node in self.nodes
        )
        self.ssh_common.write_text(common, encoding="utf-8")
        self.ssh_config.write_text(blocks + common, encoding="utf-8")
        # ControlMaster itself is asked for by the tool.
        shared = f"{blocks}{common}  ControlPath {self.folder}/shared-%C\n"
        self.ssh_config_shared.write_text(shared, encoding="utf-8")
        hosts = {node.name: _variables(node) for node in self.nodes}
        reached = {"ansible_user": "root", "ansible_ssh_common_args": f"-F {self.ssh_common}"}
        acp = {"name": "benchmark", "release": "4.2", "topology": "multi_cluster", "managed_clusters": 10}
        self._write_yaml(self.suite_inventory, {"control_plane": {"hosts": hosts}}, {**reached, "acp": acp})
        self._write_yaml(
            self.ansible_inventory,
            {"control_plane": {"hosts": hosts}},
            {**reached, "ansible_python_interpreter": "/usr/bin/python3"},
        )
        self.pyinfra_inventory.write_text(_pyinfra_text(self), encoding="utf-8")
        return self

    def _write_yaml(self, path: Path, groups: dict[str, object], variables: dict[str, object]) -> None:
        document = {"all": {"vars": variables, "children": groups}}
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _known(node: Node) -> str:
    address = node.address if node.port == _SSH_PORT else f"[{node.address}]:{node.port}"
    return f"{address} {node.host_key}\n"


def _variables(node: Node) -> dict[str, object]:
    port = {} if node.port == _SSH_PORT else {"ansible_port": node.port}
    return {"ansible_host": node.address, **port, "ansible_ssh_private_key_file": str(node.key)}


def _pyinfra_text(site: Site) -> str:
    rows = [
        (
            node.name,
            {
                "ssh_hostname": node.address,
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
