"""What a lab leaves behind, however it ends: nothing. And how fast it is, and how many there can be."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from asking import ssh

from lab import ROOT_ONLY, Disks, Lab, LabError, NodeSpec, Volume
from lab.networks import folder_of, folders, supervisor_of
from labs import started
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

PAIR = [NodeSpec("a"), NodeSpec("b", "rhel-8.6")]
OWNER = """
import sys, time
from lab import Lab, NodeSpec
lab = Lab([NodeSpec("a"), NodeSpec("b", "rhel-8.6")])
lab.start()
print(lab.prefix.rpartition(".")[2], *(node.pid for node in lab.nodes.values()), flush=True)
sys.stdin.readline()
"""


def number_of(lab: Lab) -> int:
    return int(lab.prefix.rpartition(".")[2])


def on_this_machine() -> set[str]:
    """What there is of the kinds that labs are made of; named so that another lab's, in the same place, is another."""
    found = set()
    for interface in Path("/sys/class/net").glob("acplab*"):
        with suppress(OSError):
            found.add(f"interface {(interface / 'ifindex').read_text().strip()}")
    for number in folders():
        with suppress(OSError):
            found.add(f"folder {(folder_of(number) / 'id_ed25519.pub').read_text()}")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found.add(of_process(int(process.name)))
    return found


def of_process(number: int) -> str:
    """Name a process by its number and the moment it began; one that has ended has no name."""
    fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return f"process {number} {fields[19]}" if fields[0] != "Z" else ""


def processes_in(networks: set[Path]) -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "ns" / "net").readlink() in networks:
                found.add(of_process(int(process.name)))
    return found


def footprint(number: int, pids: Iterable[int]) -> set[str]:
    """What a running lab is made of: interface, folder, and all processes, which hold its namespaces and mounts."""
    supervisor = supervisor_of(number)
    assert supervisor is not None
    processes = processes_in({Path(f"/proc/{pid}/ns/net").readlink() for pid in (supervisor, *pids)})
    assert {of_process(pid) for pid in (supervisor, *pids)} < processes
    interface = Path(f"/sys/class/net/acplab{number}/ifindex").read_text().strip()
    key = (folder_of(number) / "id_ed25519.pub").read_text()
    # No mount shows outside, and none holds a namespace.
    assert not re.search("acp-lab|nsfs", Path("/proc/self/mounts").read_text())
    return {f"interface {interface}", f"folder {key}", *processes}


def footprint_of(lab: Lab) -> set[str]:
    return footprint(number_of(lab), [node.pid for node in lab.nodes.values()])


def kinds(names: set[str]) -> set[str]:
    return {name.partition(" ")[0] for name in names}


def soon_left(made_of: set[str], *, expected: set[str] | None = None) -> set[str]:
    """Give the kinds of what is left, as soon as that is what is expected or after ten seconds."""
    patience = time.monotonic() + 10
    while (left := kinds(made_of & on_this_machine())) != (expected or set()) and time.monotonic() < patience:
        time.sleep(0.02)
    return left


@pytest.fixture(scope="module", autouse=True)
def _machine() -> None:
    """Skip, or fail under CI, where no lab can run; build what labs need, so that the time of that is not measured."""
    with started(PAIR, "warm"):
        pass


def test_nothing_is_left_after_the_end() -> None:
    with started(PAIR, "ended") as lab:
        made_of = footprint_of(lab)
        assert kinds(made_of) == {"interface", "folder", "process"}
        assert made_of <= on_this_machine()
    assert made_of & on_this_machine() == set()


def test_nothing_is_left_after_an_exception() -> None:
    made_of: set[str] = set()

    def fail_in_a_lab() -> None:
        with started(PAIR, "error") as lab:
            made_of.update(footprint_of(lab))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_a_lab()
    assert made_of
    assert made_of & on_this_machine() == set()


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=str)
def test_nothing_is_left_when_the_owner_ends_without_a_word(way: signal.Signals | None) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout is not None
    number, *pids = map(int, owner.stdout.readline().split())
    made_of = footprint(number, pids)
    if way is not None:
        owner.send_signal(way)
    owner.communicate()
    assert soon_left(made_of) == set()


def test_nodes_end_with_a_killed_supervisor_and_the_next_lab_removes_its_folder() -> None:
    with started(PAIR, "orphaned") as lab:
        made_of = footprint_of(lab)
        os.kill(supervisor_of(number_of(lab)) or 0, signal.SIGKILL)
        # A lab that another test starts at this moment may have removed the folder already.
        assert soon_left(made_of, expected={"folder"}) <= {"folder"}
        with started(PAIR, "sweeper"):
            assert made_of & on_this_machine() == set()


def test_nothing_is_left_of_a_lab_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.site.views", lambda _cpus, _memory: {"/proc/version": "/no/such/file"})
    lab = started(PAIR, "failing")
    with pytest.raises(LabError, match=r"did not start: [ab]: .*/no/such/file.*No such file"), lab:
        pass
    assert_gone(lab)


def test_nothing_is_left_of_a_lab_whose_fault_cannot_be_seeded() -> None:
    lab = started([NodeSpec("a", faults=("hostname-duplicate",))], "unseedable")
    with pytest.raises(LabError, match="this is the first node"), lab:
        pass
    assert_gone(lab)


def assert_gone(lab: Lab) -> None:
    """Make sure that a lab is gone of which nothing could be noted; another may have its number."""
    assert lab.nodes == {}
    name = json.dumps(lab.name)
    assert not [number for number in folders() if name in (folder_of(number) / "lab.json").read_text()]


@pytest.mark.parametrize(
    ("specs", "said"),
    [
        ([NodeSpec("a", "beos")], "there is no flavour beos; there are ubuntu-20.04"),
        ([NodeSpec("a", faults=("nonsense",))], "there is no fault nonsense"),
        ([NodeSpec("a", faults=("conntrack-missing",))], "is for rhel-7.8"),
        ([NodeSpec("a", shell_program="fish")], "there is no shell fish"),
        ([NodeSpec("../a")], "cannot be a node's name"),
        ([NodeSpec("a"), NodeSpec("a")], "a name of its own"),
        ([NodeSpec("a", disks=Disks((Volume("/srv", 10),)))], "disks of a: the first volume is /, on sda"),
        (
            [NodeSpec("a", disks=Disks((*ROOT_ONLY.volumes, Volume("/a", 1, "sdb"), Volume("/b", 1, "sdb"))))],
            "holds one",
        ),
        ([NodeSpec("a", disks=Disks((*ROOT_ONLY.volumes, Volume("/a", 1, "floppy"))))], "and not floppy"),
        ([], "1 to 1000 nodes"),
    ],
)
def test_what_cannot_be_is_refused(specs: list[NodeSpec], said: str) -> None:
    with pytest.raises(LabError, match=said), started(specs, "refused"):
        pass


def test_labs_run_side_by_side_and_do_not_meet() -> None:
    with started(PAIR, "one") as one, started(PAIR, "two") as two:
        assert number_of(one) != number_of(two)
        assert ssh(one, "a", "cat /etc/machine-id").stdout != ssh(two, "a", "cat /etc/machine-id").stdout
        other = two.nodes["a"].address
        assert one.nodes["a"].run(f"timeout 1 bash -c '</dev/tcp/{other}/22'").returncode != 0
        assert one.nodes["a"].run(f"timeout 1 bash -c '</dev/tcp/{one.nodes['b'].address}/22'").returncode == 0


def test_labs_start_at_the_same_moment() -> None:
    labs = [started(PAIR, f"at-once-{number}") for number in range(6)]
    threads = [threading.Thread(target=lab.start) for lab in labs]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({number_of(lab) for lab in labs}) == len(labs)
        # The threads that started them have ended, and the labs have not.
        assert [ssh(lab, "b", "hostname").stdout for lab in labs] == ["b\n"] * len(labs)
    finally:
        for lab in labs:
            lab.stop()


def test_a_node_sees_its_own_processes_only() -> None:
    with started(PAIR, "processes") as lab:
        processes = lab.nodes["a"].run("ps ax -o pid=,comm=").stdout.split("\n")
        assert len(processes) < 10
        assert processes[0].split() == ["1", "init"]


def test_twenty_nodes_start_fast_and_answer() -> None:
    began = time.monotonic()
    with started([NodeSpec(f"n{number}") for number in range(20)], "twenty") as lab:
        took = time.monotonic() - began
        for name in ("n0", "n10", "n19"):
            assert ssh(lab, name, "hostname").stdout == f"{name}\n"
        keys = {line.split()[2] for line in lab.known_hosts.read_text().splitlines()}
        assert len(keys) == 20
    # Alone it takes 0.4 s; tests beside this one take their part.
    assert took < 10
