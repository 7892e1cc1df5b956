"""A lab: nodes, the network between them, and what a person needs to reach them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import cgroups
from lab.disks import disk_tree, disk_views, mount_table, shown
from lab.host_keys import host_keys, make_key
from lab.kernel_view import views
from lab.limits import allow_neighbours
from lab.networks import MOST_NODES, addresses_of, claim_network, folder_of, network_of, prefix_of, sweep
from lab.nodefiles import PRIVATE, first_node_files, login_files, network_files, own_files
from lab.nodes import LabNode, NodeSpec
from lab.plan import LabPlan, NodeFile, NodePlan
from lab.programs import ENVIRONMENT, LabError, need
from lab.running import describe
from lab.trees import busybox_layer, common_layers, layers_of
from lab.written import known_hosts_text, ssh_config_text, vip_of, write_inventory

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from typing_extensions import Self

_TOOLS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
    "chroot": "coreutils",
}
_STOP_SECONDS = 60


@dataclass
class Lab:
    """Some nodes on one network, from ``with`` (or :meth:`start`) to its end; nothing of them is left then.

    Nor is anything left where the process that made the lab ends without having ended it, whatever ends it.

    Example::

        with Lab([NodeSpec("cp-1", faults=("swap-on",)), NodeSpec("cp-2", "rhel-8.6")]) as lab:
            lab.nodes["cp-1"].run("cat /proc/swaps").stdout
            subprocess.run(["ssh", "-F", lab.ssh_config, "cp-2", "hostname"])
            lab.apply("cp-2", "port-10250-taken")

    Attributes:
        specs: the nodes that are wanted.
        name: shows in the inventory and in ``python -m lab list``.
        say: is told what takes long (building the file trees, once).
        stays: the lab outlives the process that made it, until ``python -m lab down``.
        nodes: by name, while the lab runs.
        directory: private folder of the lab, with keys, ssh_config and inventory.
        password: of the users ``acp-password`` and ``acp-sshpass``; in the file ``sudo-password``, too.
    """

    specs: Sequence[NodeSpec]
    name: str = "lab"
    say: Callable[[str], None] = print
    stays: bool = False
    nodes: dict[str, LabNode] = field(default_factory=dict, init=False)
    directory: Path = field(init=False)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), init=False, repr=False)
    _network: int = field(default=0, init=False, repr=False)
    _supervisor: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def identity_file(self) -> Path:
        """The private key that root and other users of all nodes accept."""
        return self.directory / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The nodes' host keys."""
        return self.directory / "known_hosts"

    @property
    def ssh_config(self) -> Path:
        """Makes ``ssh -F ssh_config NODE`` work, with host keys checked."""
        return self.directory / "ssh_config"

    @property
    def inventory(self) -> Path:
        """The site's inventory, in Ansible's YAML form."""
        return self.directory / "inventory.yml"

    @property
    def prefix(self) -> str:
        """The first three numbers of this machine's address, and of those that no node has, such as for a VIP."""
        return prefix_of(self._network)

    @property
    def interface(self) -> str:
        """Name of this machine's interface in the lab's network."""
        return f"acplab{self._network}"

    @property
    def network(self) -> str:
        """The lab's network, as an address with the length of its prefix."""
        return str(network_of(self._network))

    @property
    def process(self) -> int:
        """Id of a process in the network namespace that holds the lab's bridge, called ``lab``.

        Raises:
            LabError: the lab does not run.
        """
        if self._supervisor is None:
            raise LabError("the lab does not run")
        return self._supervisor.pid

    @property
    def vip(self) -> str:
        """The address that the inventory plans for a load balancer; :class:`lab.balancer.Balancer` answers there."""
        return vip_of(self.prefix)

    def apply(self, node: str, fault: str) -> None:
        """Seed a fault on a running node.

        Raises:
            LabError: there is no such fault for this node, or it could not be seeded.
        """
        self.nodes[node].apply(fault)

    def start(self) -> None:
        """Start the lab, or leave nothing of it.

        Raises:
            LabError: it cannot run here, a name is unknown, or something failed; says what to do.
        """
        check_machine()
        self._check()
        allow_neighbours(len(self.specs))
        trees = {spec.flavour: layers_of(spec.system, self.say) for spec in self.specs}
        sweep()
        self._network, claim = claim_network(len(self.specs))
        self.directory = folder_of(self._network)
        try:
            with claim:
                self._supervisor = _start_supervisor(claim)
                plan = self._prepare(trees)
                processes = self._ask(plan)
            for spec, planned in zip(self.specs, plan.nodes, strict=True):
                self.nodes[spec.name] = LabNode(spec, planned.address, processes[spec.name], planned.control_group)
            for node in self.nodes.values():
                for fault in node.spec.faults:
                    node.apply(fault)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all nodes and the network, and remove the lab's folder."""
        self.nodes.clear()
        if self._supervisor is not None:
            _end(self._supervisor)
            self._supervisor = None
        # The supervisor has removed the folder, unless it was killed. It may be another lab's by now.
        sweep()

    def _check(self) -> None:
        for spec in self.specs:
            spec.check()
        if len({spec.name for spec in self.specs}) < len(self.specs):
            raise LabError("each node of a lab needs a name of its own")
        if not 0 < len(self.specs) <= MOST_NODES:
            raise LabError(f"a lab has 1 to {MOST_NODES} nodes")

    def _prepare(self, trees: dict[str, list[Path]]) -> LabPlan:
        """Write what is for people, and plan what the supervisor does."""
        numbered = addresses_of(self._network, len(self.specs))
        addresses = {spec.name: address for spec, address in zip(self.specs, numbered, strict=True)}
        gateway = f"{self.prefix}.1"
        make_key(self.identity_file, f"lab-{self.name}")
        keys = host_keys(self._network, len(self.specs))
        self.known_hosts.write_text(known_hosts_text(addresses, keys), encoding="ascii")
        self.ssh_config.write_text(ssh_config_text(addresses, self.identity_file, self.known_hosts), encoding="utf-8")
        write_inventory(self.inventory, self.name, self.prefix, self.specs, addresses)
        owner = None if self.stays else os.getpid()
        describe(self.directory, self.name, owner, addresses)
        secret = self.directory / "sudo-password"
        secret.touch(PRIVATE)
        secret.write_text(f"{self.password}\n", encoding="ascii")

        identities = [secrets.token_hex(16) for _ in self.specs]
        first = self.specs[0]
        public = self.identity_file.with_suffix(".pub").read_text(encoding="ascii")
        return LabPlan(
            folder=str(self.directory),
            interface=self.interface,
            gateway=gateway,
            prefix_length=network_of(self._network).prefixlen,
            owner=owner,
            parent=os.getpid(),
            files=[
                *network_files(addresses, gateway, self.vip),
                *login_files(common_layers(), public, self.password),
                *first_node_files(first.hostname or first.name, identities[0]),
            ],
            nodes=[
                self._plan_node(spec, addresses[spec.name], trees[spec.flavour], own_files(spec, identity, key))
                for spec, identity, key in zip(self.specs, identities, keys, strict=True)
            ],
        )

    def _plan_node(self, spec: NodeSpec, address: str, layers: list[Path], files: list[NodeFile]) -> NodePlan:
        if spec.with_client_key:
            files.append(NodeFile("root/.ssh/id_ed25519", self.identity_file.read_text(encoding="ascii"), PRIVATE))
            files.append(NodeFile("root/.ssh/known_hosts", self.known_hosts.read_text(encoding="ascii"), PRIVATE))
        shell = spec.shell_program or spec.system.shell_program
        above = [*spec.layers, *([busybox_layer(self.say)] if shell == "busybox" else [])]
        key = spec.usual_disks or "own"
        disks = shown(spec.layout, spec.system.volume_group)
        links = {"usr/bin/sh": shell} if shell != spec.system.shell_program else {}
        if spec.disks:
            texts, more_links = disk_tree(key, spec.disks, spec.system)
            files += [NodeFile(path, text) for path, text in texts.items()]
            links |= more_links
        files.append(
            NodeFile("etc/fstab", mount_table(disks.mounts, "xfs" if spec.system.manager == "rpm" else "ext4"))
        )
        return NodePlan(
            name=spec.name,
            hostname=spec.hostname or spec.name,
            address=address,
            layers=[str(layer) for layer in (*above, *layers)],
            views={**views(spec.processors, spec.memory), **disk_views(key)},
            files=files,
            links=links,
            devices=disks.devices,
            device_links=disks.device_links,
            mounts=disks.mounts,
            control_group=self._control_group(spec),
        )

    def _control_group(self, spec: NodeSpec) -> str:
        return f"{cgroups.name_of(str(self.directory))}/{spec.name}" if spec.containers else ""

    def _ask(self, plan: LabPlan) -> dict[str, int]:
        """Have the supervisor start the nodes; gives the ids of their first processes by name."""
        process = self._supervisor
        if process is None or process.stdin is None or process.stdout is None:
            raise LabError("the lab's supervisor does not run")
        with suppress(BrokenPipeError), process.stdin:
            process.stdin.write(plan.to_json())
        with process.stdout:
            line = process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its supervisor ended"}
        if "error" in answer:
            raise LabError(f"the lab did not start: {answer['error']}")
        nodes: dict[str, int] = answer["nodes"]
        return nodes


def check_machine() -> None:
    """Make sure that a lab can run here.

    Raises:
        LabError: not as root, or a program is missing; says what to do.
    """
    if os.geteuid() != 0:
        raise LabError("the lab makes namespaces and mounts: run it as root (sudo)")
    for program, package in _TOOLS.items():
        need(program, package)


def _start_supervisor(claim: socket.socket) -> subprocess.Popen[str]:
    """Start the supervisor; while it does, the rest is prepared, and then it is told the plan."""
    return subprocess.Popen(
        [sys.executable, "-m", "lab.supervisor", str(claim.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=[claim.fileno()],
        cwd=Path(__file__).parent.parent,
        env=ENVIRONMENT,
        start_new_session=True,
        text=True,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """Tell a supervisor to end, and wait until it has."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None and not stream.closed:
            with suppress(BrokenPipeError):
                stream.close()
