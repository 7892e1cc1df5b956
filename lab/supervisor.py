"""The process a lab belongs to: it starts the nodes, and when it ends, in whatever way, nothing of them is left.

It lives in a network namespace that holds the lab's bridge, and in a mount namespace that holds the nodes' changes;
both vanish with it. Nodes are its children and are killed with it by the kernel. It ends when its owner does, which
it watches, or when it is told to (SIGTERM). Its plan comes on standard input, its answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lab import cgroups, namespaces, node_root
from lab.networks import hardware_address
from lab.plan import LabPlan
from lab.programs import LabError, run

if TYPE_CHECKING:
    from types import FrameType

    from lab.plan import NodePlan

_START_SECONDS = 30.0
_SECONDS_A_NODE = 0.3
_LOOK_SECONDS = 0.005
_CHUNK = 65536


class _Told(Exception):  # noqa: N818 - no error: it was told to end
    """SIGTERM came."""


def main() -> int:
    """Start the nodes, say so, and wait for the end."""
    claim = socket.socket(fileno=int(sys.argv[1]))
    claim.set_inheritable(False)
    # Whoever connects learns from the kernel which process this lab belongs to.
    claim.listen()
    signal.signal(signal.SIGTERM, _tell)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    plan = LabPlan.from_json(sys.stdin.read())
    supervisor = Supervisor(plan)
    try:
        _answer({"nodes": supervisor.start()})
        supervisor.wait()
    except _Told:
        pass
    except (LabError, OSError) as error:
        _answer({"error": str(error)})
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        supervisor.stop()
    return 0


def _tell(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Told


def _become_ordinary() -> None:
    """Take back what Python and this program set up for themselves and children would inherit."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)
    os.setsid()


def _answer(words: dict[str, object]) -> None:
    # Whoever asked may be gone.
    with suppress(BrokenPipeError):
        print(json.dumps(words), flush=True)


def _words(report: bytes) -> str:
    """Give what nodes said of their failures, without the dots of those that had none."""
    return "; ".join(report.decode(errors="replace").strip(".\n").splitlines()) or "a node ended without a word"


class Supervisor:
    """The nodes of one lab, from start to end."""

    def __init__(self, plan: LabPlan) -> None:
        self._plan = plan
        self._nodes: dict[str, int] = {}
        self._owner = None if plan.owner is None else os.pidfd_open(plan.owner)
        self._patience = _START_SECONDS + _SECONDS_A_NODE * len(plan.nodes)
        self._place = Path(plan.folder) / "nodes"
        self._machine = os.open(f"/proc/{plan.parent}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._processes = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def start(self) -> dict[str, int]:
        """Start all nodes, and give the ids of their first processes by name.

        Raises:
            LabError: one did not start, or the network could not be made.
        """
        namespaces.unshare(namespaces.NEW_NETWORK | namespaces.NEW_MOUNTS)
        namespaces.keep_mounts_private()
        self._place.mkdir()
        namespaces.mount("tmpfs", self._place, "mode=700")
        report, reports = os.pipe()
        gate, opener = os.pipe()
        for node in self._plan.nodes:
            self._nodes[node.name] = self._fork(node, reports, gate, opener)
        os.close(reports)
        os.close(gate)
        self._await_reports(report)
        try:
            self._make_network()
        except LabError as error:
            # What a node says is nearer to the cause: one that has ended cannot be plugged in.
            if select.select([report], [], [], 0)[0]:
                raise LabError(_words(os.read(report, _CHUNK))) from error
            raise
        os.write(opener, b"." * len(self._nodes))
        os.close(opener)
        self._await_end(report)
        self._await_servers()
        return self._nodes

    def _fork(self, node: NodePlan, reports: int, gate: int, opener: int) -> int:
        # This lets the next child, which is the node, begin process numbers of its own; the ones after it shall not.
        namespaces.unshare(namespaces.NEW_PROCESSES)
        child = os.fork()
        if child == 0:
            os.close(opener)
            self._be(node, reports, gate)
        namespaces.enter(self._processes, namespaces.NEW_PROCESSES)
        return child

    def _be(self, node: NodePlan, reports: int, gate: int) -> NoReturn:
        """Become the node: runs in the child, and does not come back."""
        try:
            _become_ordinary()
            namespaces.die_with_parent()
            kinds = namespaces.NEW_MOUNTS | namespaces.NEW_HOSTNAME | namespaces.NEW_IPC | namespaces.NEW_NETWORK
            if node.control_group:
                cgroups.enter(node.control_group)
                kinds |= namespaces.NEW_CONTROL_GROUPS
            namespaces.unshare(kinds)
            os.write(reports, b".")
            node_root.build_root(node, self._plan.files, self._place / node.name)
            # Without a word from the parent, it has ended.
            if os.read(gate, 1):
                node_root.connect(node, self._plan)
                node_root.become_init()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent says it
            os.write(reports, f"{node.name}: {error}\n".encode())
        os._exit(1)

    def _await_reports(self, report: int) -> None:
        """Wait until each node has its namespaces."""
        patience = time.monotonic() + self._patience
        count = 0
        while count < len(self._nodes):
            said = self._read(report, patience)
            if said.strip(b".") or not said:
                raise LabError(_words(said))
            count += len(said)

    def _await_end(self, report: int) -> None:
        """Wait until each node runs its first program, or has said why not."""
        if said := self._read(report, time.monotonic() + self._patience):
            raise LabError(_words(said))
        os.close(report)

    def _read(self, report: int, patience: float) -> bytes:
        ready, _, _ = select.select([report], [], [], max(0.0, patience - time.monotonic()))
        if not ready:
            raise LabError(f"the lab's nodes did not start within {self._patience:.0f} s")
        return os.read(report, _CHUNK)

    def _make_network(self) -> None:
        """Make the bridge here, plug in every node, and this machine."""
        plan = self._plan
        own = hardware_address(plan.gateway)
        words = [
            "link add lab type bridge",
            "link set lab up",
            f"link add host type veth peer name {plan.interface} address {own} netns {plan.parent}",
            "link set host master lab up",
        ]
        for number, node in enumerate(plan.nodes):
            its, process = hardware_address(node.address), self._nodes[node.name]
            words.append(f"link add port{number} type veth peer name eth0 address {its} netns {process}")
            words.append(f"link set port{number} master lab up")
        switch = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        run("ip", "-batch", "-", given="\n".join([*words, ""]))
        namespaces.enter(self._machine, namespaces.NEW_NETWORK)
        words = [
            f"address add {plan.gateway}/{plan.prefix_length} dev {plan.interface}",
            f"link set {plan.interface} up",
        ]
        for node in plan.nodes:
            its = hardware_address(node.address)
            words.append(f"neighbor add {node.address} lladdr {its} dev {plan.interface} nud permanent")
        run("ip", "-batch", "-", given="\n".join([*words, ""]))
        namespaces.enter(switch, namespaces.NEW_NETWORK)
        os.close(switch)

    def _await_servers(self) -> None:
        """Wait until each node's sshd listens: then it writes its process id."""
        patience = time.monotonic() + self._patience
        for name, process in self._nodes.items():
            while not Path(f"/proc/{process}/root/run/sshd.pid").exists():
                if time.monotonic() > patience:
                    raise LabError(f"no sshd within {self._patience:.0f} s on {name}")
                time.sleep(_LOOK_SECONDS)

    def wait(self) -> None:
        """Wait for the owner's end; where there is none, until it is told to end."""
        if self._owner is None:
            while True:
                signal.pause()
        select.select([self._owner], [], [])

    def stop(self) -> None:
        """End the nodes and the network, and remove the lab's folder."""
        for process in self._nodes.values():
            os.kill(process, signal.SIGKILL)
        for process in self._nodes.values():
            os.waitpid(process, 0)
        # The network goes with this process, but a moment later: this way it is gone before that.
        with suppress(LabError):
            run("ip", "link", "delete", "host")
        with suppress(OSError):
            namespaces.detach(self._place)
        cgroups.remove(cgroups.name_of(self._plan.folder))
        shutil.rmtree(self._plan.folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
