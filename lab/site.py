"""A lab: nodes, the network between them, and what a person needs to reach them."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lab.faults import FAULTS
from lab.flavours import FLAVOURS
from lab.nodefiles import write_node_files
from lab.programs import LabError, need, run
from lab.trees import cache_folder, layers_of
from lab.written import write_inventory, write_ssh_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from typing_extensions import Self

_TOOLS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
_NETWORKS = range(1, 255)
_PREFIX = "acp-lab-"
_FIRST_HOST = 2
_LAST_HOST = 250


@dataclass(frozen=True)
class NodeSpec:
    """A node that is wanted.

    Attributes:
        name: its name in the inventory, and its host name unless ``hostname`` is another.
        flavour: of :data:`lab.FLAVOURS`.
        roles: its Ansible groups (``control_plane``, ``worker``, ``installer``).
        faults: of :data:`lab.FAULTS`, seeded before its sshd starts.
        shell_program: what /bin/sh is: ``dash``, ``bash`` or ``busybox`` (whose commands then come first, too).
        cpus: processors that /proc/cpuinfo shows.
        memory_gib: of which the kernel keeps a little, as everywhere.
        hostname: another host name.
    """

    name: str
    flavour: str = "ubuntu-22.04"
    roles: tuple[str, ...] = ("control_plane",)
    faults: tuple[str, ...] = ()
    shell_program: str = "dash"
    cpus: int = 16
    memory_gib: int = 32
    hostname: str | None = None


@dataclass
class LabNode:
    """A running node.

    Attributes:
        spec: what was wanted.
        address: IPv4.
        folder: its files on this machine.
        process: of ``unshare``, with whose end the node ends.
    """

    spec: NodeSpec
    address: str
    folder: Path
    process: subprocess.Popen[str]

    @property
    def pid(self) -> int:
        """The node's first process, as this machine numbers it."""
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        )
        if not children:
            raise LabError(f"lab node {self.spec.name} has ended")
        return int(children[0])

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command in the node, as root."""
        argv = ["nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", "-r", "-w", "sh", "-c", command]
        return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False)

    def apply(self, fault: str) -> None:
        """Seed a fault now.

        Raises:
            LabError: it could not be seeded.
        """
        done = self.run(FAULTS[fault].script)
        if done.returncode:
            raise LabError(f"fault {fault} on {self.spec.name}: {done.stderr}")


@dataclass
class Lab:
    """Some nodes on one network, from ``with`` to its end; nothing of them is left then, also after an error.

    The nodes end with the process that made them, whatever ends it.

    Attributes:
        specs: the nodes that are wanted.
        name: shows in the inventory.
        nodes: by name, while the lab runs.
        directory: private folder of this lab, with keys and inventory.
        password: of the users ``acp-password`` and ``acp-sshpass``.
    """

    specs: Sequence[NodeSpec]
    name: str = "lab"
    say: Callable[[str], None] = print
    nodes: dict[str, LabNode] = field(default_factory=dict, init=False)
    directory: Path = field(init=False)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    _switch: subprocess.Popen[str] | None = field(default=None, init=False)
    _network: int = field(default=0, init=False)
    _claim: IO[str] | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        check_machine()
        self._refuse_unknown()
        layers = {flavour: layers_of(FLAVOURS[flavour], self.say) for flavour in {spec.flavour for spec in self.specs}}
        _sweep()
        self.directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
        (self.directory / "owner").write_text(str(os.getpid()), encoding="ascii")
        try:
            self._claim_network()
            self._make_key()
            self._start_switch()
            for number, spec in enumerate(self.specs):
                self._start_node(number, spec, layers[spec.flavour])
            self._connect()
            write_ssh_files(self)
            write_inventory(self)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def identity_file(self) -> Path:
        """The private key that root and the other users of all nodes accept."""
        return self.directory / "id_ed25519"

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
        """The first three numbers of all addresses."""
        return f"10.213.{self._network}"

    def apply(self, node: str, fault: str) -> None:
        """Seed a fault on a running node."""
        self.nodes[node].apply(fault)

    def stop(self) -> None:
        """End all nodes and the network, and remove the lab's folder."""
        processes = [node.process for node in self.nodes.values()] + ([self._switch] if self._switch else [])
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        self.nodes.clear()
        self._switch = None
        # The interface on this machine goes with the switch's namespace, a moment later; by name it goes at once.
        if self._network:
            subprocess.run(["ip", "link", "delete", self._interface], capture_output=True, check=False)
        if self._claim is not None:
            self._claim.close()
            self._claim = None
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- starting

    @property
    def _interface(self) -> str:
        return f"acplab{self._network}"

    def _refuse_unknown(self) -> None:
        for spec in self.specs:
            if spec.flavour not in FLAVOURS:
                raise LabError(f"there is no flavour {spec.flavour}; there are {', '.join(FLAVOURS)}")
            for fault in spec.faults:
                if fault not in FAULTS:
                    raise LabError(f"there is no fault {fault}; `python -m lab faults` lists them")
        if len(self.specs) > _LAST_HOST - _FIRST_HOST:
            raise LabError(f"a lab holds {_LAST_HOST - _FIRST_HOST} nodes at most")

    def _claim_network(self) -> None:
        """Take a free 10.213.x.0/24; the claim ends with this process."""
        claims = cache_folder() / "networks"
        claims.mkdir(parents=True, exist_ok=True)
        for number in _NETWORKS:
            stream = (claims / str(number)).open("w", encoding="ascii")
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.close()
            else:
                self._claim, self._network = stream, number
                return
        raise LabError("all networks of the lab are in use; `python -m lab down --all` ends labs that were left")

    def _make_key(self) -> None:
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(self.identity_file))

    def _start_switch(self) -> None:
        """Start a namespace that holds the bridge: when it ends, nothing of the network is left on this machine."""
        self._switch = _in_namespaces(["--net"], ["sh", "-c", "echo ready; exec sleep 2147483647"])
        _await(self._switch, "ready", "the switch")
        pid = self._switch.pid
        with suppress(LabError):
            run("ip", "link", "delete", self._interface)
        run("ip", "link", "add", self._interface, "type", "veth", "peer", "name", "host", "netns", str(pid))
        run("ip", "address", "add", f"{self.prefix}.1/24", "dev", self._interface)
        run("ip", "link", "set", self._interface, "up")
        inside = "link add br0 type bridge\nlink set br0 up\nlink set host master br0\nlink set host up\n"
        run("nsenter", "-t", str(pid), "-n", "ip", "-batch", "-", given=inside)

    def _start_node(self, number: int, spec: NodeSpec, layers: list[Path]) -> None:
        address = f"{self.prefix}.{_FIRST_HOST + number}"
        folder = self.directory / "nodes" / spec.name
        write_node_files(folder, spec, self, address)
        argv = ["sh", str(Path(__file__).parent / "files" / "init.sh"), str(folder), ":".join(map(str, layers))]
        process = _in_namespaces(["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child=KILL"], argv)
        self.nodes[spec.name] = LabNode(spec, address, folder, process)

    def _connect(self) -> None:
        """Plug every node into the bridge, then let them go on."""
        switch = self._switch
        if switch is None:
            raise LabError("the lab's switch does not run")
        for name, node in self.nodes.items():
            _await(node.process, "plug", f"lab node {name}")
        plugs = "".join(
            f"link add port{number} type veth peer name eth0 netns {node.process.pid}\n"
            f"link set port{number} master br0\nlink set port{number} up\n"
            for number, node in enumerate(self.nodes.values())
        )
        run("nsenter", "-t", str(switch.pid), "-n", "ip", "-batch", "-", given=plugs)
        for node in self.nodes.values():
            inside = (
                f"link set lo up\naddress add {node.address}/24 dev eth0\nlink set eth0 up\n"
                f"route add default via {self.prefix}.1\n"
            )
            run("nsenter", "-t", str(node.process.pid), "-n", "ip", "-batch", "-", given=inside)
            if node.process.stdin is not None:
                node.process.stdin.write("network\n")
                node.process.stdin.flush()
        for name, node in self.nodes.items():
            _await(node.process, "ready", f"lab node {name}")


def _sweep() -> None:
    """Remove folders of labs whose owner was killed; everything else of them ended with it."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError):
            owner = int((folder / "owner").read_text(encoding="ascii"))
            if not Path(f"/proc/{owner}").exists():
                shutil.rmtree(folder, ignore_errors=True)


def check_machine() -> None:
    """Make sure that a lab can run here.

    Raises:
        LabError: not as root, or a program is missing; says what to do.
    """
    if os.geteuid() != 0:
        raise LabError("the lab makes namespaces and mounts: run it as root (sudo)")
    for program, package in _TOOLS.items():
        need(program, package)


def _in_namespaces(namespaces: list[str], argv: list[str]) -> subprocess.Popen[str]:
    # setpriv: whatever ends this process, also a SIGKILL, ends what it started.
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", *namespaces, *argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _await(process: subprocess.Popen[str], word: str, what: str) -> None:
    line = process.stdout.readline() if process.stdout else ""
    if line.strip() != word:
        process.kill()
        raise LabError(f"{what} did not start: {line}")
