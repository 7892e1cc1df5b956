from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.model.pair.last_consistency import LastConsistency
from acp_acceptance.reporting import history
from acp_acceptance.reporting.history import Entry, History, append, entry_of, history_file, last_consistency, load
from acp_acceptance.reporting.results import Measurement, Outcome
from acp_acceptance.reporting.trend import trend_line, trend_of
from results_of import results, verdict

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 10, tzinfo=timezone.utc)


def entry(hours_ago: float = 0, said: str = "accepted", **fields: object) -> Entry:
    started = NOW - timedelta(hours=hours_ago)
    times = {"started": started.isoformat(), "finished": (started + timedelta(minutes=1)).isoformat()}
    given = {"stage": "dr", "release": "4.2", "status": 0, "counts": {"passed": 1}, "verdict": said}
    return Entry.model_validate({**times, **given, **fields})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return history_file(tmp_path, "dr")


def read(file: Path) -> History:
    return load(file, now=NOW)


def test_runs_come_back_in_the_order_of_their_time(file: Path) -> None:
    for hours in (1, 3, 2):
        append(file, entry(hours))
    assert read(file) == History((entry(3), entry(2), entry(1)))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_run_is_kept_with_the_worst_of_each_requirement_and_measurement() -> None:
    kept = entry_of(
        results(
            verdict("dr.a.b", "passed"),
            verdict("dr.a.b", "failed", target="primary"),
            verdict("dr.a.b", "not_applicable", target="x"),
            verdict("dr.a.c", "not_applicable"),
            verdict("our.py::test_it", "failed", own=True),
            verdict_on_all="not accepted",
            measurements=[
                Measurement(name="certificate_days_left", target="a", subject="x", value=9),
                Measurement(name="certificate_days_left", target="a", subject="y", value=4),
                Measurement(name="missed_keys", target="a", value=3),
            ],
        ),
        1,
        "dr-20261121T100000Z",
    )
    assert kept.outcomes == {"dr.a.b": Outcome.FAILED, "dr.a.c": Outcome.NOT_APPLICABLE}
    assert kept.measurements == {"certificate_days_left": 4, "missed_keys": 3}
    assert (kept.verdict, kept.status, kept.folder) == ("not accepted", 1, "dr-20261121T100000Z")
    assert Entry.model_validate_json(kept.model_dump_json(by_alias=True)) == kept


FOREIGN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe\x00",
    b'{"schema": 2, "verdict": "accepted"}',
    b'{"schema": 1, "verdict": "fine"}',
    b"[" * 60_000,
    b"x" * 200_000,
    json.dumps({**json.loads(entry().model_dump_json()), "measurements": {"a": float("nan")}}).encode(),
    json.dumps({**json.loads(entry().model_dump_json()), "started": "2999-01-01T00:00:00Z"}).encode(),
    json.dumps({**json.loads(entry().model_dump_json()), "started": "2026-11-21T10:00:00"}).encode(),
    json.dumps({**json.loads(entry().model_dump_json()), "outcomes": {"dr.a.b": "fine"}}).encode(),
]


@pytest.mark.parametrize("line", FOREIGN)
def test_a_line_that_is_no_run_costs_no_other(file: Path, line: bytes) -> None:
    append(file, entry(2))
    with file.open("ab") as stream:
        stream.write(line + b"\n")
    append(file, entry(1))
    assert read(file).entries == (entry(2), entry(1))
    assert read(file).unreadable == bool(line)


def test_half_a_line_of_a_run_that_was_killed_costs_no_other(file: Path) -> None:
    append(file, entry(2))
    with file.open("ab") as stream:
        stream.write(b'{"schema": 1, "ver')
    append(file, entry(1))
    assert read(file) == History((entry(2), entry(1)), unreadable=1)


def test_no_history_is_an_empty_one(file: Path) -> None:
    assert read(file) == History()


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "link to nowhere"])
def test_what_is_no_file_is_neither_waited_for_nor_written_to(file: Path, tmp_path: Path, kind: str) -> None:
    file.parent.mkdir()
    other = tmp_path / "other"
    match kind:
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case "link":
            other.write_text("mine\n")
            file.symlink_to(other)
        case _:
            file.symlink_to(other)
    assert read(file).entries == ()
    assert read(file).problem
    with pytest.raises(OSError, match=r"."):
        append(file, entry())
    assert kind != "link" or other.read_text() == "mine\n"
    assert kind != "link to nowhere" or not other.exists()


def test_a_history_does_not_grow_for_ever(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FILE_LIMIT", 4000)
    for hours in range(200, 0, -1):
        append(file, entry(hours))
    assert file.stat().st_size < 4000 + 2 * len(entry().model_dump_json())
    kept = read(file)
    assert kept.unreadable == 0
    assert len(kept.entries) > 5
    assert [item.started for item in kept.entries] == [
        NOW - timedelta(hours=hours) for hours in range(len(kept.entries), 0, -1)
    ]
    assert [path.name for path in file.parent.iterdir() if path.name.endswith(".partial")] == []


def test_a_foreign_file_without_an_end_is_read_as_far_as_a_history_may_go(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir()
    with file.open("wb") as stream:
        stream.truncate(2**33)
    monkeypatch.setattr(history, "FILE_LIMIT", 2**20)
    append(file, entry(1))
    assert read(file).entries == (entry(1),)
    assert file.stat().st_size < 2**20 + 2**16


def test_runs_that_end_at_once_are_all_kept(file: Path) -> None:
    threads = [threading.Thread(target=append, args=(file, entry(hours))) for hours in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read(file).entries) == 20
    assert read(file).unreadable == 0


@pytest.mark.parametrize("stage", ["../../etc/passwd", "dr\nx", "a" * 500, "preflight+dr"])
def test_a_stages_name_cannot_leave_the_folder(tmp_path: Path, stage: str) -> None:
    file = history_file(tmp_path, stage)
    assert file.parent == tmp_path / "history"
    append(file, entry())
    assert read(file).entries


def test_the_last_result_of_a_requirement_is_the_last_that_was_measured() -> None:
    runs = History(
        (
            entry(4, outcomes={"dr.a.b": "failed"}),
            entry(3, outcomes={"dr.a.b": "passed"}),
            entry(2, outcomes={"dr.a.b": "broken"}),
            entry(1, outcomes={"dr.a.c": "failed"}),
        )
    )
    assert runs.last_of("dr.a.b") == (runs.entries[1], Outcome.PASSED)
    assert runs.last_of("dr.a.d") is None


KEYS = {"missed_keys": 0.0, "surplus_keys": 0.0}


def test_the_last_consistency_is_the_newest_answer_of_the_monitor_before_the_switch() -> None:
    past = History(
        (
            entry(5, measurements={**KEYS, "missed_keys": 9}),
            entry(4, measurements=KEYS, folder="dr-clean"),
            entry(3, measurements={"missed_keys": 0.0}),
            entry(2),
            entry(1, measurements={**KEYS, "missed_keys": 7}),
        )
    )
    other = History((entry(6, measurements={**KEYS, "surplus_keys": 8}),))
    found = last_consistency([past, other], NOW - timedelta(hours=1.5))
    assert found == LastConsistency((NOW - timedelta(hours=4)).isoformat(), 0, 0, "dr-clean")
    assert last_consistency([past, other], NOW).missed == 7
    assert last_consistency([past, other], NOW - timedelta(hours=5.5)).surplus == 8
    assert last_consistency([past, other], NOW - timedelta(hours=7)) == LastConsistency()


# --- the trend


def test_one_run_is_no_trend() -> None:
    assert trend_of(()) is None
    assert trend_of((entry(),)) is None


def test_a_trend_says_since_when_and_how_often() -> None:
    runs = (
        entry(24 * 40, "not accepted"),
        entry(5),
        entry(4),
        entry(3, "partial"),
        entry(2, "not accepted"),
        entry(1, "not accepted"),
        entry(0, "not accepted", interrupted=True),
    )
    trend = trend_of(runs)
    assert trend is not None
    assert trend.signs == "++~xx?"
    assert (trend.runs, trend.accepted) == (6, 2)
    assert trend.since == NOW - timedelta(hours=2)
    assert trend_line(trend, "en") == (
        "Runs so far: ++~xx?  2 of 6 accepted in 30 days; NOT ACCEPTED since 2026-11-21 08:00 UTC; "
        "last accepted: 2026-11-21 06:01 UTC"
    )
    assert "2 из 6" in trend_line(trend, "ru")
    assert "6 次中通过 2 次" in trend_line(trend, "zh")


def test_a_trend_without_any_success_says_never() -> None:
    trend = trend_of((entry(1, "not accepted"), entry(0, "not accepted")))
    assert trend is not None
    assert trend_line(trend, "en").endswith("last accepted: never")


def test_a_long_trend_shows_its_newest_runs() -> None:
    trend = trend_of(tuple(entry(hours / 10, "accepted" if hours else "not accepted") for hours in range(500, -1, -1)))
    assert trend is not None
    assert trend.signs == "+" * 39 + "x"
    assert trend.runs == 501
