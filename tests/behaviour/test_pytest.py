"""How the suite behaves as a pytest suite: selection, workers, interrupts, a site's own checks, usage errors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.model.boot import Swap
from recorded import healthy, saved
from suite import ALONE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

SWAP = "preflight.kernel.swap"
ON = Swap(("/dev/dm-1 (4.0 GiB)",), ())


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    return saved(tmp_path, healthy("cp-1", swap=ON), healthy("cp-2"), healthy("cp-3"))


def test_workers_give_the_same_record_as_one_process(run_suite: Callable[..., SuiteRun], snapshot: Path) -> None:
    how = ("--acp-allure=always", "--acp-snapshot", snapshot)
    alone, shared = run_suite(*how), run_suite(*how, "-n2")
    assert alone.status == shared.status == 1
    assert alone.outcomes() == shared.outcomes()
    assert (shared.folder / "junit.xml").exists()
    # A file for each verdict, and none for fixtures.
    files = [[file.name[36:] for file in (run.folder / "allure-results").glob("*-*")] for run in (alone, shared)]
    assert files[0] == files[1]
    assert set(files[0]) == {"-result.json"}


@pytest.mark.parametrize("workers", [(), ("-n2",)])
@pytest.mark.parametrize(
    ("selection", "judged"),
    [
        (("-k", "swap"), {SWAP}),
        (("-m", "advised and users"), {"preflight.users.default-tasks-max-advised"}),
        (("tests_preflight/test_kernel.py::test_swap_is_off",), {SWAP}),
    ],
)
def test_a_part_of_the_requirements_is_partial(
    run_suite: Callable[..., SuiteRun],
    snapshot: Path,
    selection: tuple[str, ...],
    judged: set[str],
    workers: tuple[str, ...],
) -> None:
    run = run_suite("--acp-snapshot", snapshot, *selection, *workers)
    measured = {requirement for requirement, _ in run.with_outcome("passed", "failed")}
    assert measured == judged
    assert run.results["verdict"] == ("not accepted" if SWAP in judged else "partial")
    assert run.status == (1 if SWAP in judged else 0)
    assert any("were not run" in reason for reason in run.results["scope"]["partial"])


def test_a_single_test_runs_as_from_an_ide(run_suite: Callable[..., SuiteRun], snapshot: Path) -> None:
    run = run_suite("--acp-snapshot", snapshot, "tests_preflight/test_kernel.py::test_swap_is_off[cp-2]")
    assert run.with_outcome("passed", "failed", "broken") == {(SWAP, "cp-2")}
    assert run.status == 0


def test_the_first_failure_can_stop_the_run_and_the_rest_is_not_run(
    run_suite: Callable[..., SuiteRun], snapshot: Path
) -> None:
    run = run_suite("--acp-snapshot", snapshot, "-x")
    assert run.status == 1
    left = [item for item in run.results["verdicts"] if item["outcome"] == "not_run"]
    assert left
    assert {item["reason"] for item in left} == {"stopping after 1 failures"}


def test_the_last_failures_can_be_run_again(run_suite: Callable[..., SuiteRun], snapshot: Path, tmp_path: Path) -> None:
    cache = ("-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'cache'}")
    run_suite("--acp-snapshot", snapshot, *cache)
    again = run_suite("--acp-snapshot", snapshot, "--lf", *cache)
    assert again.with_outcome("passed", "failed", "broken") == {(SWAP, "cp-1")}


def test_collect_only_with_hosts_shows_their_tests_and_connects_to_nothing(run_suite: Callable[..., SuiteRun]) -> None:
    run = run_suite("--collect-only", "-q", "--hosts=nowhere.invalid", "--acp-release=4.2", "--acp-role=worker")
    assert run.status == 0
    assert "test_swap_is_off[nowhere.invalid]" in run.output
    assert not run.reports.exists()


@pytest.mark.parametrize("option", ["--collect-only", "--fixtures", "--markers", "--version", "--help"])
def test_showing_needs_no_host(run_suite: Callable[..., SuiteRun], option: str) -> None:
    run = run_suite(option, "-q")
    assert run.status == 0, run.output
    assert not run.reports.exists()


USAGE = [
    ((), "no host is named"),
    (("--hosts=",), "names no host"),
    (("--hosts= , ",), "names no host"),
    (("--hosts=cp-1", "--acp-role=worker"), "--acp-release"),
    (("--hosts=cp-1", "--acp-release=4.2"), "--acp-role"),
    (("--hosts=cp-1", "--acp-release=9.9", "--acp-role=worker"), "9.9"),
    (("--hosts=cp-1", "--acp-release=4.2", "--acp-role=king"), "king"),
    (("--acp-inventory=/nowhere/site.yml",), "/nowhere/site.yml"),
    (("--acp-snapshot=/nowhere",), "/nowhere"),
    (("--hosts=cp-1", "--acp-release=4.2", "--acp-role=worker", "--ssh-extra-args=-o 'x"), "--ssh-extra-args"),
    (("--hosts=cp-1", "--acp-release=4.2", "--acp-role=worker", "--acp-forks=0"), "--acp-forks"),
]


@pytest.mark.parametrize(("arguments", "said"), USAGE, ids=[" ".join(arguments) or "nothing" for arguments, _ in USAGE])
def test_wrong_usage_says_what_to_write_and_exits_with_4(
    run_suite: Callable[..., SuiteRun], arguments: tuple[str, ...], said: str
) -> None:
    run = run_suite(*arguments)
    assert run.status == 4, run.output
    assert said in run.output
    assert "Traceback" not in run.output
    assert not list(run.reports.glob("*/*"))


def test_a_pattern_that_matches_no_host_is_wrong_usage(run_suite: Callable[..., SuiteRun], snapshot: Path) -> None:
    run = run_suite("--acp-snapshot", snapshot, "--hosts=db-*")
    assert run.status == 4
    assert "db-*" in run.output


def test_a_stage_that_was_not_collected_is_broken(run_suite: Callable[..., SuiteRun], snapshot: Path) -> None:
    run = run_suite("--acp-snapshot", snapshot, "--acp-stage=postinstall")
    assert run.status == 1
    assert "this snapshot does not hold it" in run.output
    assert set(run.outcomes().values()) <= {"broken", "not_applicable"}


def test_a_worker_that_dies_takes_one_test_with_it(tmp_path: Path, run_suite: Callable[..., SuiteRun]) -> None:
    project = copy_of_the_suite(tmp_path)
    check = project / "tests_preflight" / "test_kernel.py"
    text = check.read_text(encoding="utf-8")
    text = text.replace(
        "    requirement.expect(not facts.swap.in_use",
        '    import os; facts.target == "cp-2" and os._exit(9)\n    requirement.expect(not facts.swap.in_use',
    )
    check.write_text(text, encoding="utf-8")
    nodes = [healthy(f"cp-{number}") for number in range(1, 5)]
    run = run_suite("--acp-snapshot", saved(tmp_path, *nodes), "-n2", cwd=project)
    assert run.status == 1, run.output
    assert run.results["run"]["crashed"] is True
    assert run.with_outcome("not_run") == {(SWAP, "cp-2")}
    (left,) = [item for item in run.results["verdicts"] if item["outcome"] == "not_run"]
    assert left["reason"] == "the process that ran it died"
    assert run.with_outcome("failed", "broken") == set()


def test_tests_of_one_target_run_on_one_worker(tmp_path: Path, run_suite: Callable[..., SuiteRun]) -> None:
    nodes = [healthy(f"cp-{number}") for number in range(1, 7)]
    run = run_suite("--acp-snapshot", saved(tmp_path, *nodes), "-n2", "-v")
    workers: dict[str, set[str]] = {}
    for line in run.output.splitlines():
        if line.startswith("[gw") and "[cp-" in line:
            worker, target = line[1:4], line.rpartition("[")[2].rstrip("] ").partition(",")[0]
            workers.setdefault(target, set()).add(worker)
    assert len(workers) == 6
    assert all(len(found) == 1 for found in workers.values())
    assert len(set.union(*workers.values())) == 2


def test_ctrl_c_writes_what_was_judged(tmp_path: Path) -> None:
    project = copy_of_the_suite(tmp_path)
    check = project / "tests_preflight" / "test_software.py"
    text = check.read_text(encoding="utf-8").replace(
        "    found = conflicting(", "    import time; time.sleep(60)\n    found = conflicting("
    )
    check.write_text(text, encoding="utf-8")
    reports = tmp_path / "reports"
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", f"--acp-reports={reports}", f"--acp-snapshot={saved(tmp_path, healthy('cp-1'))}"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        for line in process.stdout or ():
            if "test_name_servers" in line or "test_ports_are_free" in line:
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=30)[0]
    finally:
        process.kill()
    assert process.returncode == 2, output
    (folder,) = reports.glob("*/preflight-*")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["run"]["interrupted"] is True
    assert {item["reason"] for item in results["verdicts"] if item["outcome"] == "not_run"} == {
        "the run was interrupted"
    }
    assert results["counts"]["passed"] > 5


def copy_of_the_suite(tmp_path: Path) -> Path:
    """A project of its own with the suite's tests, for changing them."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)
    shutil.copytree(ROOT / "tests_preflight", project / "tests_preflight", ignore=shutil.ignore_patterns("__pycache__"))
    return project


OWN_CHECK = """
def test_shell_is_there(host):
    assert host.file("/bin/sh").exists

def test_never_holds(host):
    assert host.file("/no/such/file").exists, "the file is not there"
"""


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_a_sites_own_checks_land_in_the_same_record(
    tmp_path: Path, run_suite: Callable[..., SuiteRun], workers: tuple[str, ...]
) -> None:
    project = copy_of_the_suite(tmp_path)
    (project / "our_checks").mkdir()
    (project / "our_checks" / "test_ours.py").write_text(OWN_CHECK)
    local = ("--hosts=local://", "--acp-release=4.2", "--acp-role=worker", "--acp-topology=multi_cluster")
    run = run_suite("our_checks", "tests_preflight", *local, *workers, cwd=project, inside=ALONE)
    assert run.status == 1
    own = {item["requirement"]: item for item in run.results["verdicts"] if item["own"]}
    assert {name: item["outcome"] for name, item in own.items()} == {
        "our_checks/test_ours.py::test_shell_is_there": "passed",
        "our_checks/test_ours.py::test_never_holds": "failed",
    }
    assert "the file is not there" in own["our_checks/test_ours.py::test_never_holds"]["reason"]
    assert ("preflight.users.node-reachable", "local") in run.with_outcome("passed")


def test_own_checks_without_a_host_are_wrong_usage(tmp_path: Path, run_suite: Callable[..., SuiteRun]) -> None:
    project = copy_of_the_suite(tmp_path)
    (project / "our_checks").mkdir()
    (project / "our_checks" / "test_ours.py").write_text(OWN_CHECK)
    run = run_suite("our_checks", cwd=project)
    assert run.status == 4
    assert "--hosts" in run.output


def test_an_ambient_inventory_is_used_and_an_option_wins(tmp_path: Path, run_suite: Callable[..., SuiteRun]) -> None:
    run = run_suite(
        "--collect-only", "-q", environment={"ACP_INVENTORY": str(ROOT / "inventories" / "three-nodes.yml")}
    )
    assert run.status == 0
    run = run_suite(environment={"ACP_INVENTORY": str(tmp_path / "gone.yml")})
    assert run.status == 4
    assert "gone.yml" in run.output


def test_reports_that_cannot_be_written_are_said_before_anything_is_connected_to(
    run_suite: Callable[..., SuiteRun], snapshot: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    run = run_suite("--acp-snapshot", snapshot, f"--acp-reports={tmp_path / 'file'}")
    assert run.status == 4
    assert "cannot be written" in run.output


def test_nothing_is_left_behind_in_the_temporary_folder(
    tmp_path: Path, run_suite: Callable[..., SuiteRun], snapshot: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    run_suite("--acp-snapshot", snapshot, "-n2", environment={"TMPDIR": str(tmp_path / "tmp")})
    assert [path.name for path in (tmp_path / "tmp").iterdir() if not path.name.startswith("pytest-of-")] == []
    assert os.environ.get("ACP_SSH_PASSWORD") is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--acp-active",), "--acp-snapshot connects to nothing; leave --acp-active out"),
        (("--acp-active=J. Doe",), "--acp-snapshot connects to nothing; leave --acp-active out"),
    ],
)
def test_a_recorded_run_is_not_loaded(
    run_suite: Callable[..., SuiteRun], snapshot: Path, arguments: tuple[str, ...], said: str
) -> None:
    run = run_suite("--acp-snapshot", snapshot, *arguments)
    assert run.status == 4
    assert said in run.output


def test_a_path_is_not_taken_for_the_name_of_who_allows_it(run_suite: Callable[..., SuiteRun]) -> None:
    run = run_suite("--hosts=127.0.0.1:1", "--acp-role=worker", "--acp-release=4.2", "--acp-active", "tests_preflight")
    assert run.status == 4
    assert "--acp-active took tests_preflight for a name" in run.output
