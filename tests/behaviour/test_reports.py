"""The reports that a run leaves behind."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from acp_acceptance.cli import main
from acp_acceptance.model.boot import Swap
from acp_acceptance.reporting.phrases import phrase
from recorded import healthy, saved
from signoffs import Page, paper_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

ON = Swap(("/dev/dm-1 (4.0 GiB)",), ())


def reports_of(run: SuiteRun) -> set[str]:
    return {path.name for path in run.folder.iterdir() if path.name.startswith("report.")}


def test_a_run_leaves_a_report_in_each_language_asked_for(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite(
        "--acp-snapshot", saved(tmp_path, healthy("cp-1", swap=ON)), "--acp-lang=ru,zh", "--acp-report=html,pdf"
    )
    assert run.status == 1, run.output
    assert reports_of(run) == {"report.ru.html", "report.ru.pdf", "report.zh.html", "report.zh.pdf"}
    assert phrase("not accepted", "ru") in run.output  # messages are in the first language
    digest = hashlib.sha256((run.folder / "results.json").read_bytes()).hexdigest()
    assert digest in Page((run.folder / "report.ru.html").read_text(encoding="utf-8")).text
    assert digest[:16] in paper_text(run.folder / "report.zh.pdf").replace(" ", "")
    assert main(["verify", str(run.folder)]) == 0  # JUnit's and Allure's files among them
    assert "junit.xml" in (run.folder / "manifest.sha256").read_text(encoding="utf-8")
    assert {path.stat().st_mode & 0o777 for path in run.folder.glob("report.*")} == {0o600}


def test_one_language_is_that_of_messages_and_report(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite("--acp-snapshot", saved(tmp_path, healthy("cp-1")), "--acp-lang=zh", "--acp-report=html")
    assert run.status == 0, run.output
    assert reports_of(run) == {"report.zh.html"}
    assert "通过验收" in run.output


def test_a_report_that_cannot_be_written_costs_no_record(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    (broken / "jinja2").mkdir(parents=True)
    (broken / "jinja2" / "__init__.py").write_text("raise RuntimeError('no templates today')\n", encoding="utf-8")
    run = run_suite(
        "--acp-snapshot", saved(tmp_path, healthy("cp-1")), "--acp-report=html",
        environment={"PYTHONPATH": str(broken)},
    )  # fmt: skip
    assert run.status == 0, run.output
    assert run.results["verdict"] == "accepted"
    assert "the report could not be written: RuntimeError: no templates today" in run.output


def test_an_unknown_language_or_form_is_refused(run_suite: Callable[..., SuiteRun]) -> None:
    for option, word in (("--acp-lang=en,de", "'de'"), ("--acp-report=docx", "'docx'")):
        run = run_suite(option, "--hosts=local://")
        assert run.status == 4
        assert f"{word} is not among" in run.output
