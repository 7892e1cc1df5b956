"""The lab's command, as a person uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab import FAULTS, NodeSpec
from labs import started
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


def lab_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def name() -> Iterator[str]:
    """A name that no other lab has; a lab that is left with it is ended."""
    with started([NodeSpec("a")], "warm"):
        pass
    chosen = f"test-{uuid.uuid4().hex[:8]}"
    yield chosen
    lab_command("down", "--name", chosen)


def test_a_lab_stays_until_it_is_ended(name: str, tmp_path: Path) -> None:
    inventory = tmp_path / "site.yml"
    up = lab_command("up", "--name", name, "--nodes", "4", "--fault", "cp-2:swap-on", "--inventory", str(inventory))
    assert up.returncode == 0, up.stderr
    assert [line.split()[0] for line in up.stdout.splitlines()[:4]] == ["cp-1", "cp-2", "cp-3", "worker-1"]
    assert f"lab-{name}" in inventory.read_text()
    (reach,) = (line.split() for line in up.stdout.splitlines() if line.strip().startswith("ssh "))
    shown = subprocess.run([*reach[:-1], "cp-2", "cat /proc/swaps"], capture_output=True, text=True, check=True)
    assert "/dev/dm-1" in shown.stdout
    mark = f"/root/{name}"
    subprocess.run([*reach, "touch", mark], check=True)
    assert f"{name}: cp-1 10.213." in lab_command("list").stdout

    again = lab_command("up", "--name", name)
    assert (again.returncode, again.stdout) == (1, "")
    assert f"lab: lab {name} runs already" in again.stderr

    assert lab_command("down", "--name", name).stdout == f"{name}: ended\n"
    assert name not in lab_command("list").stdout
    # By now another lab may have its place, its addresses and its names.
    assert subprocess.run([*reach, "test", "-e", mark], capture_output=True, check=False).returncode != 0


def test_the_nodes_of_the_demo_have_faults_of_different_kinds(name: str) -> None:
    up = lab_command("up", "--name", name, "--demo")
    assert up.returncode == 0, up.stderr
    faults = [fault for line in up.stdout.splitlines()[:5] for fault in line.split()[3:]]
    assert len({FAULTS[fault].requirement for fault in faults}) >= 5


def test_a_lab_of_another_process_is_listed_and_not_ended(name: str) -> None:
    with started([NodeSpec("a")], name) as lab:
        assert f"{name}: a {lab.nodes['a'].address}\n  ends with process {os.getpid()}" in lab_command("list").stdout
        assert lab_command("down", "--name", name).returncode == 1
        assert lab.nodes["a"].run("true").returncode == 0


@pytest.mark.usefixtures("name")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up", "--fault", "cp-1:nonsense"), "there is no fault nonsense"),
        (("up", "--fault", "cp-9:swap-on"), "there is no node cp-9; there are cp-1, cp-2, cp-3, worker-1, worker-2"),
        (("up", "--fault", "swap-on"), "write NODE:FAULT"),
        (("up", "--nodes", "1001"), "1 to 1000 nodes"),
        (("down", "--name", "no-such"), "no lab no-such runs"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(arguments: tuple[str, ...], said: str) -> None:
    done = lab_command(*arguments, *(("--name", "never") if arguments[0] == "up" else ()))
    assert done.returncode == 1
    assert done.stderr.startswith("lab: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_faults_are_listed_with_what_they_turn_red() -> None:
    lines = lab_command("faults").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    assert any(line.split()[:2] == ["swap-on", "preflight.kernel.swap"] for line in lines)


@pytest.mark.usefixtures("name")
def test_prepare_has_nothing_to_do_twice() -> None:
    lab_command("prepare")
    again = lab_command("prepare")
    assert again.returncode == 0
    assert "building" not in again.stdout


@pytest.mark.usefixtures("name")
@pytest.mark.parametrize(("missing", "package"), [("ip", "iproute2"), ("ssh-keygen", "openssh-client")])
def test_a_program_that_is_missing_is_named_with_its_package(tmp_path: Path, missing: str, package: str) -> None:
    for folder in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"):
        for program in Path(folder).iterdir():
            link = tmp_path / program.name
            if program.name != missing and not link.is_symlink():
                link.symlink_to(program)
    code = f"import lab.programs as p; p.ENVIRONMENT['PATH'] = '{tmp_path}'; from lab.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "list"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == f"lab: the lab needs {missing}; install it with: apt-get install {package}\n"


@pytest.mark.usefixtures("name")
def test_without_root_it_says_so() -> None:
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-m", "lab", "list"],
        cwd=ROOT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "lab: the lab makes namespaces and mounts: run it as root (sudo)\n")
