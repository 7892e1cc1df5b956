"""What a schedule sees of a run: metrics, history and trend, the one line, exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from recorded import healthy, saved
from suite import ALONE, SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIVE = ("tests_preflight", "--hosts=local://", "--acp-release=4.2", "--acp-role=worker", "--acp-topology=multi_cluster")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[SuiteRun, Path]:
    """The second of two runs of this machine, and the folder of a textfile collector."""
    reports, collector = tmp_path_factory.mktemp("reports"), tmp_path_factory.mktemp("collector")
    judged(reports, *LIVE, inside=ALONE)
    return judged(reports, *LIVE, "--acp-metrics", collector, inside=ALONE), collector


def test_the_collectors_file_is_that_of_the_run(twice: tuple[SuiteRun, Path]) -> None:
    run, collector = twice
    (file,) = collector.iterdir()
    assert file.name == "acp-acceptance-local-preflight.prom"
    text = file.read_text(encoding="utf-8")
    newest = max(run.reports.glob("local/preflight-*"))
    assert text == (newest / "metrics.prom").read_text(encoding="utf-8")
    families = {item.name: item for item in text_string_to_metric_families(text)}
    assert families["acp_acceptance_exit_status"].samples[0].value == run.status
    assert f"Metrics: {file}" in run.output


def test_the_last_line_says_the_run(twice: tuple[SuiteRun, Path]) -> None:
    run, _ = twice
    last = run.output.rstrip().splitlines()[-1]
    assert last.startswith("acp-acceptance local preflight: NOT ACCEPTED: ")
    assert f"exit {run.status}" in last
    history = run.reports / "local" / "history"
    assert (history / "preflight.txt").read_text(encoding="utf-8").strip() == last
    newest = max(run.reports.glob("local/preflight-*"))
    assert last == f"{(newest / 'summary.txt').read_text(encoding='utf-8').strip()}; {newest}"


def test_two_runs_are_a_trend(twice: tuple[SuiteRun, Path]) -> None:
    run, _ = twice
    assert "Runs so far: xx  0 of 2 accepted in 30 days; NOT ACCEPTED since" in run.output
    history = (run.reports / "local" / "history" / "preflight.jsonl").read_text(encoding="utf-8")
    assert len(history.splitlines()) == 2


def test_a_recorded_run_is_no_new_observation(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    snapshot = saved(tmp_path, healthy("cp-1"))
    run = run_suite("--acp-snapshot", snapshot)
    assert not (run.folder.parent / "history").exists()
    assert "exit 0; " in run.output.rstrip().splitlines()[-1]
    assert (run.folder / "metrics.prom").read_text(encoding="utf-8").endswith("# EOF\n")
    refused = run_suite("--acp-snapshot", snapshot, f"--acp-metrics={tmp_path}")
    assert refused.status == 4
    assert "leave --acp-metrics out" in refused.output


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/no/such/folder/acp.prom", "is not there, or cannot be written"),
        ("metrics.txt", "reads only FILE.prom"),
        ("http://user:hush@192.0.2.1", "without user and password"),
        ("http://", "without user and password"),
    ],
)
def test_a_place_that_can_be_none_is_said_before_anything_is_connected_to(
    run_suite: Callable[..., SuiteRun], place: str, said: str
) -> None:
    run = run_suite(*LIVE, f"--acp-metrics={place}", inside=ALONE)
    assert run.status == 4
    assert said in run.output
    assert "hush" not in run.output
    assert not list(run.reports.glob("*/*"))


def test_what_cannot_be_written_beside_the_record_is_said_and_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "history").write_text("mine")
    run = judged(tmp_path, *LIVE, "-k", "node_is_reachable", "--acp-metrics=http://127.0.0.1:1", inside=ALONE)
    (folder,) = tmp_path.glob("local/preflight-*")
    assert (folder / "results.json").exists()
    assert run.status in {0, 1}
    assert (
        f"{tmp_path}/local/history/preflight.jsonl could not be written; the record is complete all the same"
        in run.output
    )
    assert "http://127.0.0.1:1 could not be written" in run.output
    assert (tmp_path / "local" / "history").read_text() == "mine"
