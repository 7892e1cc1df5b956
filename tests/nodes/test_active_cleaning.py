"""Whatever ends an active check, nothing of it is left on the node: no file, no process, no listener."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.active.session import Sessions, Task
from acp_acceptance.collect.openssh import OpenSsh
from acp_acceptance.collect.process import Processes
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.access import Access, Contact
from acp_acceptance.model.node import NodeFacts
from lab import NodeSpec
from labs import started
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab import Lab

FILES = "ls -A /var/lib/etcd | grep acp-active"
PROCESSES = "grep -l -s -a ACP_ACTIVE= /proc/[0-9]*/environ | grep -v self"
LISTENERS = "ss -lnt | grep -E ':(443|6443|11443) '"
WRITING = "ls /var/lib/etcd/.acp-active-*-acp-*.??????"
DISK = {"folders": "/var/lib/etcd", "sync_folders": "/var/lib/etcd", "rate_folders": "/var/lib/etcd", "need": "300"}
ANSWER = {"arguments": "answer cp-1 443 6443 11443"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    specs = [NodeSpec("cp-1"), NodeSpec("cp-2", "rhel-8.6"), NodeSpec("lost"), NodeSpec("perl", faults=("no-python",))]
    with started(specs, "cleaning") as running:
        yield running


def left(lab: Lab, node: str) -> str:
    return lab.nodes[node].run(f"{FILES}; {PROCESSES}; {LISTENERS}").stdout


def processes_here() -> str:
    return subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    patience = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < patience, what
        time.sleep(0.1)


def shows(lab: Lab, node: str, command: str) -> bool:
    return lab.nodes[node].run(command).returncode == 0


def assert_nothing_left(lab: Lab, *nodes: str, seconds: float = 12) -> None:
    for node in nodes:
        until(lambda node=node: not left(lab, node), seconds, left(lab, node))


def sessions_of(lab: Lab, folder: Path) -> Sessions:
    def facts(name: str) -> NodeFacts:
        return NodeFacts(name, {"contact": Contact("answered", "", name, 0.1), "access": Access("root", "root", "")})

    ssh, inventory = OpenSsh(folder), load_inventory(lab.inventory, releases=["4.2"])
    routes = {node.name: ssh.route(node.connection) for node in inventory.nodes}
    return Sessions(ssh, Processes(), "", routes, facts)


def begun(lab: Lab, folder: Path, node: str, task: Task) -> tuple[Sessions, threading.Event, threading.Thread]:
    """Begin a task in a thread."""
    sessions, release = sessions_of(lab, folder), threading.Event()
    target = load_inventory(lab.inventory, releases=["4.2"]).node(node)

    def run() -> None:
        try:
            sessions.run(target, task, held=release)
        except Exception:  # noqa: BLE001 - what is left on the node is what counts here
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return sessions, release, thread


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM], ids=lambda item: item.name)
def test_a_runner_that_ends_in_the_middle_leaves_nothing(lab: Lab, tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--acp-inventory={lab.inventory}"]
    command += ["--hosts=cp-1,cp-2", f"--acp-reports={tmp_path}", "--acp-active=a test"]
    runner = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    until(lambda: shows(lab, "cp-1", WRITING) and shows(lab, "cp-2", WRITING), 40, "nothing was written")
    runner.send_signal(number)
    output = runner.communicate(timeout=30)[0].decode("utf-8", "replace")
    assert_nothing_left(lab, "cp-1", "cp-2")
    until(lambda: str(lab.ssh_config) not in processes_here(), 10, "an ssh of the runner is left")
    if number == signal.SIGINT:
        assert runner.returncode == 2, output
        (results,) = tmp_path.glob("*/preflight-*/results.json")
        assert '"interrupted": true' in results.read_text(encoding="utf-8")


BALANCER_ALONE = """
import sys
from pathlib import Path
from acp_acceptance.collect import Settings, collect
from acp_acceptance.collect.active import BALANCER
from acp_acceptance.inventory import load_inventory

class Quiet:
    def collected(self, facts, done, of): pass
    def say(self, line): pass

inventory = load_inventory(Path(sys.argv[1]), releases=["4.2"])
_, finished = collect(inventory, inventory.nodes, Settings(active_allowed_by="a test"), Quiet(), {(BALANCER, "global")})
sys.exit(0 if finished else 2)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda item: item.name)
def test_listeners_end_with_a_runner_that_ends_in_the_middle(lab: Lab, number: signal.Signals) -> None:
    # No balancer is there, so that it waits for one.
    runner = subprocess.Popen([sys.executable, "-c", BALANCER_ALONE, lab.inventory], stdin=subprocess.DEVNULL)
    nodes = ("cp-1", "cp-2", "perl")
    until(lambda: all(shows(lab, node, LISTENERS) for node in nodes), 40, "nothing listens")
    time.sleep(1)
    runner.send_signal(number)
    assert runner.wait(20) == (2 if number == signal.SIGINT else -9)
    assert_nothing_left(lab, *nodes)
    until(lambda: str(lab.ssh_config) not in processes_here(), 10, "an ssh of the runner is left")


@pytest.mark.parametrize("node", ["cp-1", "cp-2", "perl"])
def test_listeners_end_when_they_are_released(lab: Lab, tmp_path: Path, node: str) -> None:
    _, release, thread = begun(lab, tmp_path, node, Task("peer", 60, ANSWER, "word"))
    until(lambda: shows(lab, node, LISTENERS), 20, "nothing listens")
    release.set()
    thread.join(15)
    assert not thread.is_alive()
    assert_nothing_left(lab, node)


@pytest.mark.parametrize("task", [Task("disk", 60, DISK), Task("peer", 60, ANSWER, "word")], ids=["disk", "peer"])
def test_a_shell_that_is_killed_on_the_node_leaves_nothing(lab: Lab, tmp_path: Path, task: Task) -> None:
    _, release, thread = begun(lab, tmp_path, "cp-1", task)
    until(lambda: shows(lab, "cp-1", f"{WRITING} || {LISTENERS}"), 20, "nothing began")
    # Its oldest process is the one that was to clean up.
    lab.nodes["cp-1"].run(
        "kill -9 $(grep -l -s -a ACP_ACTIVE= /proc/[0-9]*/environ | tr -dc '0-9\\n' | sort -n | head -n 1)"
    )
    thread.join(15)
    release.set()
    assert_nothing_left(lab, "cp-1")


@pytest.mark.parametrize("task", [Task("disk", 6, DISK), Task("peer", 6, ANSWER, "word")], ids=["disk", "peer"])
def test_a_node_that_nobody_reaches_any_more_ends_it_by_itself_at_its_bound(
    lab: Lab, tmp_path: Path, task: Task
) -> None:
    sessions, _, thread = begun(lab, tmp_path, "lost", task)
    until(lambda: shows(lab, "lost", f"{WRITING} || {LISTENERS}"), 20, "nothing began")
    drop = "nft 'add table inet gone; add chain inet gone in { type filter hook input priority 0; policy drop; }; "
    drop += "add chain inet gone out { type filter hook output priority 0; policy drop; }'"
    assert lab.nodes["lost"].run(drop).returncode == 0
    try:
        assert left(lab, "lost")
        assert_nothing_left(lab, "lost", seconds=20)
    finally:
        lab.nodes["lost"].run("nft delete table inet gone")
        sessions.processes.stop()
        thread.join(15)


def test_what_an_earlier_run_left_is_removed_and_what_another_is_doing_is_not(lab: Lab, tmp_path: Path) -> None:
    later = int(time.time()) + 1000
    node = lab.nodes["cp-1"]
    old = [
        f"/var/lib/etcd/.acp-active-1000-acp-{'a' * 24}.Abc123",
        f"/var/lib/etcd/.acp-active-{later}-acp-{'b' * 24}.Abc123",
    ]
    others = f"{later}-acp-{'c' * 24}"
    not_ours = "/var/lib/etcd/.acp-active-notes"
    for file in (*old, f"/var/lib/etcd/.acp-active-{others}.Abc123", not_ours):
        node.run(f"touch {file}")
    node.run(f"ACP_ACTIVE={others} sleep 300 </dev/null >/dev/null 2>&1 &")
    node.run(f"ACP_ACTIVE=1000-acp-{'a' * 24} sleep 301 </dev/null >/dev/null 2>&1 &")
    try:
        _, _, thread = begun(lab, tmp_path, "cp-1", Task("disk", 60, {**DISK, "rate_folders": ""}))
        thread.join(60)
        assert node.run(FILES).stdout.split() == sorted([f".acp-active-{others}.Abc123", ".acp-active-notes"])
        assert node.run("pgrep -x -f 'sleep 300'").stdout
        assert not node.run("pgrep -x -f 'sleep 301'").stdout
    finally:
        node.run(f"pkill -x -f 'sleep 300'; rm -f {not_ours} /var/lib/etcd/.acp-active-{others}.Abc123")
    assert_nothing_left(lab, "cp-1")


def test_a_stranger_is_not_measured(lab: Lab, tmp_path: Path) -> None:
    sessions = sessions_of(lab, tmp_path)
    inventory = load_inventory(lab.inventory, releases=["4.2"])
    found: list[Any] = []

    def heard(output: bytes) -> None:
        if b"port " in output and not found:
            port = output.split(b"port ")[1].split()[0].decode()
            found.append(lab.nodes["cp-2"].run(f"(echo another; sleep 1) | timeout 5 bash -c 'exec 3<>/dev/tcp/{lab.nodes['cp-1'].address}/{port}; cat >&3; cat <&3'"))  # fmt: skip

    section = sessions.run(inventory.node("cp-1"), Task("peer", 40, {"arguments": "receive 1"}, "word"), held=threading.Event(), heard=heard)  # fmt: skip
    assert found
    assert "received" not in section.parts["output"].text
    assert section.parts["output"].status != 0
    assert_nothing_left(lab, "cp-1")
