"""The lab itself: what it leaves behind (nothing), side by side, by its command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import FAULTS, FLAVOURS, Lab, LabError, NodeSpec
from labs import started
from suite import ROOT


def traces() -> set[str]:
    """Everything of any lab that shows on this machine."""
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    mounts = Path("/proc/mounts").read_text(encoding="utf-8")
    found = {line.split()[0].partition("@")[0] for line in links.splitlines() if line.startswith("acplab")}
    found |= {line.split()[1] for line in mounts.splitlines() if "acp-lab" in line}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if "acp-lab-" in command and "init.sh" in command:
                found.add(f"process {entry.name}")
    return found


def ssh(lab: Lab, node: str, command: str) -> str:
    argv = ["ssh", "-F", lab.ssh_config, "-o", "BatchMode=yes", node, command]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_flavour_looks_like_its_system_from_inside(flavour: str) -> None:
    with started([NodeSpec("a", flavour)], "flavour") as lab:
        assert f'ID="{flavour.partition("-")[0]}"' in ssh(lab, "a", "cat /etc/os-release")
        assert ssh(lab, "a", "cat /proc/sys/kernel/osrelease").strip() == FLAVOURS[flavour].kernel
        assert ssh(lab, "a", "hostname").strip() == "a"
        manager = FLAVOURS[flavour].manager
        listing = ssh(lab, "a", "rpm -qa" if manager == "rpm" else "dpkg-query -W -f '${Package}\\n'")
        assert "bash" in listing
        other = ssh(lab, "a", "command -v dpkg-query rpm; true").split()
        assert [Path(path).name for path in other] == ["rpm" if manager == "rpm" else "dpkg-query"]


def test_nodes_see_each_other_and_not_the_processes_of_this_machine() -> None:
    with started([NodeSpec("a"), NodeSpec("b")], "pair") as lab:
        address = lab.nodes["b"].address
        assert lab.nodes["a"].run(f"timeout 5 bash -c '</dev/tcp/{address}/22'").returncode == 0
        assert str(os.getpid()) not in lab.nodes["a"].run("ls /proc").stdout.split()


def test_labs_run_side_by_side() -> None:
    with started([NodeSpec("a")], "one") as one, started([NodeSpec("a")], "two") as two:
        assert one.nodes["a"].address != two.nodes["a"].address
        assert ssh(one, "a", "cat /etc/machine-id") != ssh(two, "a", "cat /etc/machine-id")


def test_nothing_is_left_after_the_end_and_after_an_error() -> None:
    seen: list[Path | str] = []

    def fail_in_a_lab() -> None:
        with started([NodeSpec("a"), NodeSpec("b", "rhel-8.6")], "error") as lab:
            seen.extend([lab.directory, f"acplab{lab.prefix.rpartition('.')[2]}"])
            assert seen[1] in traces()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_a_lab()
    assert not Path(seen[0]).exists()
    assert seen[1] not in traces()


def test_a_lab_ends_with_the_process_that_made_it() -> None:
    script = (
        "import sys, time; sys.path.insert(0, '.')\n"
        "from lab import Lab, NodeSpec\n"
        "with Lab([NodeSpec('a')], say=lambda line: None) as lab:\n"
        "    print(lab.nodes['a'].process.pid, lab.prefix.rpartition('.')[2], lab.directory, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with started([NodeSpec("x")], "warm"):
        pass
    owner = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    pid, network, directory = owner.stdout.readline().split()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    patience = time.monotonic() + 10
    while time.monotonic() < patience and (Path(f"/proc/{pid}").exists() or f"acplab{network}" in traces()):
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
    assert f"acplab{network}" not in traces()
    # Its folder could not be removed by the dead; the next lab does that.
    with started([NodeSpec("a")], "sweeper"):
        assert not Path(directory).exists()


def test_the_command_starts_lists_and_ends_a_lab(tmp_path: Path) -> None:
    with started([NodeSpec("a")], "probe"):
        pass
    name = f"test-{os.getpid()}"

    def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lab", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )

    started_lab = lab("up", "--name", name, "--nodes", "2", "--flavour", "ubuntu-22.04", "--fault", "cp-2:swap-on")
    try:
        assert started_lab.returncode == 0, started_lab.stderr
        config = next(word for word in started_lab.stdout.split() if word.endswith("ssh_config"))
        swaps = subprocess.run(
            ["ssh", "-F", config, "cp-2", "cat /proc/swaps"], capture_output=True, text=True, check=True
        )
        assert "/dev/dm-1" in swaps.stdout
        assert name in lab("list").stdout
        again = lab("up", "--name", name)
        assert again.returncode == 1
        assert "runs already" in again.stderr
    finally:
        ended = lab("down", "--name", name)
    assert ended.returncode == 0
    assert name not in lab("list").stdout
    assert lab("down", "--name", name).returncode == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments", [("up", "--fault", "cp-1:nonsense"), ("up", "--fault", "cp-9:swap-on"), ("up", "--fault", "swap-on")]
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("lab: ")
    assert "Traceback" not in done.stderr


def test_unknown_flavours_and_faults_are_refused() -> None:
    for spec in (NodeSpec("a", "beos"), NodeSpec("a", faults=("nonsense",))):
        with pytest.raises(LabError, match="there is no"), started([spec], "refused"):
            pass


def test_a_fault_can_be_seeded_on_a_running_node() -> None:
    with started([NodeSpec("a")], "running") as lab:
        assert "/dev/dm-1" not in ssh(lab, "a", "cat /proc/swaps")
        lab.apply("a", "swap-on")
        assert "/dev/dm-1" in ssh(lab, "a", "cat /proc/swaps")


def test_forty_nodes_start_and_answer() -> None:
    with started([NodeSpec(f"n{number}") for number in range(40)], "many") as lab:
        answered = [node.run("ss -lnt | grep -c ':22 '").stdout.strip() for node in lab.nodes.values()]
        assert answered == ["2"] * 40
        assert len({node.address for node in lab.nodes.values()}) == 40


def test_every_fault_names_a_requirement_or_is_misbehaviour() -> None:
    from acp_acceptance.requirements import load_catalogue  # noqa: PLC0415

    for fault in FAULTS.values():
        assert fault.requirement in {"", *load_catalogue().requirements}
        assert fault.what
