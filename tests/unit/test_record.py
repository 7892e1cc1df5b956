from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.snapshot import Snapshot, SnapshotError
from acp_acceptance.reporting.folder import RunFolder
from acp_acceptance.reporting.results import Outcome, Results, Scope, Verdict, counts, sign_off
from recorded import healthy, saved, snapshot_of

WHOLE = Scope(stages=["preflight"], targets=1, judged_targets=1)
PARTIAL = Scope(stages=["preflight"], targets=2, judged_targets=1, partial=["1 of 2 targets"])


def verdict(outcome: Outcome, severity: str = "required") -> Verdict:
    return Verdict(requirement="preflight.kernel.swap", kind="node", target="a", severity=severity, outcome=outcome)


@pytest.mark.parametrize(
    ("verdicts", "scope", "signed"),
    [
        ([verdict(Outcome.PASSED)], WHOLE, "accepted"),
        ([verdict(Outcome.PASSED), verdict(Outcome.NOT_APPLICABLE)], WHOLE, "accepted"),
        ([verdict(Outcome.PASSED), verdict(Outcome.WAIVED)], WHOLE, "accepted"),
        ([verdict(Outcome.PASSED), verdict(Outcome.FAILED, "advised")], WHOLE, "accepted"),
        ([verdict(Outcome.PASSED), verdict(Outcome.FAILED)], WHOLE, "not accepted"),
        ([verdict(Outcome.PASSED), verdict(Outcome.BROKEN)], WHOLE, "not accepted"),
        ([verdict(Outcome.PASSED)], PARTIAL, "partial"),
        ([verdict(Outcome.FAILED)], PARTIAL, "not accepted"),
        ([], WHOLE, "nothing judged"),
        ([verdict(Outcome.NOT_APPLICABLE)], WHOLE, "nothing judged"),
        ([verdict(Outcome.NOT_RUN)], PARTIAL, "nothing judged"),
        ([verdict(Outcome.BROKEN, "advised")], WHOLE, "nothing judged"),
    ],
)
def test_the_sign_off_is_accepted_only_when_everything_required_was_measured_and_met(
    verdicts: list[Verdict], scope: Scope, signed: str
) -> None:
    assert sign_off(verdicts, scope, crashed=False) == signed


def test_a_crash_is_never_accepted() -> None:
    assert sign_off([verdict(Outcome.PASSED)], WHOLE, crashed=True) == "not accepted"


def test_all_outcomes_are_counted_by_name() -> None:
    assert counts([verdict(Outcome.PASSED)]) == {
        "passed": 1, "failed": 0, "broken": 0, "waived": 0, "not_applicable": 0, "not_run": 0,
    }  # fmt: skip


def test_a_snapshot_survives_its_files(tmp_path: Path) -> None:
    facts = healthy("cp-1", memory=Problem("unreadable", "no /proc"))
    folder = saved(tmp_path, facts, healthy("cp-2"))
    loaded = Snapshot.load(folder)
    assert loaded.of("node", "cp-2").packages == healthy("cp-2").packages
    with pytest.raises(CollectionError, match="no /proc"):
        _ = loaded.of("node", "cp-1").memory
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_a_target_that_was_not_collected_is_not_measured() -> None:
    with pytest.raises(CollectionError, match="does not hold it"):
        _ = snapshot_of(healthy("cp-1")).of("node", "other").swap


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "no JSON object"),
        ('{"format": 99}', "format 99"),
        ('{"format": 1, "site": {}, "taken": "", "tool": "", "targets": {"node/a": "gone.json"}}', "cannot be read"),
        ('{"format": 1, "site": {}, "taken": "", "tool": "", "targets": 5}', "no snapshot"),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_with_the_reason(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "snapshot.json").write_text(content)
    with pytest.raises(SnapshotError, match=why):
        Snapshot.load(tmp_path)


def test_a_fact_that_was_tampered_with_is_not_measured(tmp_path: Path) -> None:
    folder = saved(tmp_path, healthy("cp-1"))
    (file,) = [path for path in (folder / "targets").iterdir() if "cp-1" in path.name]
    document = json.loads(file.read_text())
    document["facts"]["cpu"]["value"]["cores"] = "many"
    file.write_text(json.dumps(document))
    with pytest.raises(CollectionError, match="cannot be read from the snapshot"):
        _ = Snapshot.load(folder).of("node", "cp-1").cpu


def test_snapshot_files_cannot_be_outside_their_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"facts": {}}')
    index = {"format": 1, "site": {}, "taken": "", "tool": "", "targets": {"node/a": "../../secret.json"}}
    (tmp_path / "snap").mkdir()
    (tmp_path / "snap" / "snapshot.json").write_text(json.dumps(index))
    with pytest.raises(SnapshotError):
        Snapshot.load(tmp_path / "snap")


@pytest.mark.parametrize("name", ["../../etc", "/etc", "..", "a/b", ".hidden", "x" * 300, "\0", ""])
def test_no_site_name_leaves_the_folder_of_reports(tmp_path: Path, name: str) -> None:
    folder = RunFolder(tmp_path, name, name, datetime.now(timezone.utc))
    assert folder.path.parent.parent == tmp_path
    assert folder.finish().is_relative_to(tmp_path)


def test_a_run_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    started = datetime(2026, 11, 21, tzinfo=timezone.utc)
    first, second = (RunFolder(tmp_path, "site", "preflight", started) for _ in range(2))
    assert first.path.name.startswith(".")
    (first.path / "a").write_text("x")
    assert first.finish().name == "preflight-20261121T000000Z"
    assert second.finish().name == "preflight-20261121T000000Z-2"
    assert (first.path / "a").stat().st_mode & 0o777 == 0o600
    third = RunFolder(tmp_path, "gone", "preflight", started)
    third.discard()
    assert not (tmp_path / "gone").exists()


def test_the_published_schema_is_the_records_own() -> None:
    published = json.loads((Path(__file__).parents[2] / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    assert published == Results.model_json_schema(by_alias=True)
