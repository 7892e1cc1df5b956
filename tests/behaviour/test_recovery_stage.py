"""Stage dr as a user runs it: what it wants to know first, what it says, and what a recorded pair is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.failover import EtcdPorts
from pairs import PAIR, STANDBY, VIPS, pair_file, pair_snapshot
from platform_objects import MODULE_INFOS
from sites import site_file, three_nodes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

    Run = Callable[..., SuiteRun]

RELEASE = "dr.parity.release"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--acp-dr-phase=failover"], "needs the time of the switch"),
        (["--acp-failover-at=2026-11-20T10:00:00Z"], "is of --acp-dr-phase=failover"),
        (["--acp-dr-phase=failover", "--acp-failover-at=yesterday"], "is no time with its zone"),
        (["--acp-dr-phase=failover", "--acp-failover-at=2126-11-20T10:00:00Z"], "is in the future"),
        (["--acp-stage=preflight", "--acp-dr-phase=failover"], "are of stage dr"),
    ],
)
def test_options_that_lack_something_say_what(run_suite: Run, tmp_path: Path, options: list[str], said: str) -> None:
    stage = [] if options[0].startswith("--acp-stage") else ["--acp-stage=dr"]
    run = run_suite(f"--acp-inventory={pair_file(tmp_path)}", *stage, *options)
    assert run.status == 4, run.output
    assert said in " ".join(run.output.split())


def test_a_site_without_a_pair_is_told_what_to_write(run_suite: Run, tmp_path: Path) -> None:
    run = run_suite(f"--acp-inventory={site_file(tmp_path, three_nodes())}", "--acp-stage=dr")
    assert run.status == 4
    assert "one with role: primary and one with role: standby" in " ".join(run.output.split())


def test_a_recorded_pair_is_judged_again_and_its_roles_are_said(run_suite: Run, tmp_path: Path) -> None:
    pair_snapshot(tmp_path).save(tmp_path / "kept")
    kept = f"--acp-snapshot={tmp_path / 'kept'}"
    for arguments in ([kept], ["tests_dr", "-n2", kept]):
        run = run_suite(*arguments)
        assert f"primary primary-global (VIP {VIPS['primary-global']})" in run.output
        assert "active is primary-global: acp.example.com leads to 192.0.2.10 here" in run.output
        assert run.outcomes(RELEASE) == {(RELEASE, PAIR): "passed"}
        assert run.results["scope"]["stages"] == ["dr"]


def test_after_a_failover_another_phase_is_judged(run_suite: Run, tmp_path: Path) -> None:
    pair: dict[str, Any] = {"domain_here": DomainHere("acp.example.com", (VIPS[STANDBY],))}
    pair_snapshot(tmp_path, objects={STANDBY: {MODULE_INFOS: []}}, pair=pair).save(tmp_path / "kept")
    kept = f"--acp-snapshot={tmp_path / 'kept'}"
    run = run_suite(kept, "--acp-dr-phase=failover", "--acp-failover-at=2026-11-20T10:00:00Z")
    assert "active is standby-global: acp.example.com leads to 198.51.100.10 here\n" in run.output
    assert run.outcomes(RELEASE) == {(RELEASE, PAIR): "not_applicable"}
    run = run_suite(kept)
    assert "by the inventory and the phase it is to be primary-global" in " ".join(run.output.split())
    assert run.outcomes(RELEASE) == {(RELEASE, PAIR): "failed"}


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "The next step of the failover"), ("ru", "Следующий шаг переключения"), ("zh", "切换的下一步")],
)
def test_the_first_undone_step_of_a_failover_is_named(run_suite: Run, tmp_path: Path, language: str, said: str) -> None:
    ports = EtcdPorts({f"{VIPS['primary-global']}:2379": "open"})
    pair_snapshot(tmp_path, objects={STANDBY: {MODULE_INFOS: []}}, pair={"etcd_ports": ports}).save(tmp_path / "kept")
    phase = ("--acp-dr-phase=failover", "--acp-failover-at=2026-11-20T10:00:00Z")
    run = run_suite(f"--acp-snapshot={tmp_path / 'kept'}", *phase, f"--acp-lang={language}")
    step = run.results["next_step"]
    assert step["requirement"] == "dr.failover.port-closed"
    assert "192.0.2.10:2379 is open" in step["message"]
    assert "dr.failover.port-closed" in run.output.partition(said)[2]
    assert " dr-failover: " in run.output.rstrip().splitlines()[-1]
    assert 'stage="dr-failover"' in (run.folder / "metrics.prom").read_text(encoding="utf-8")
