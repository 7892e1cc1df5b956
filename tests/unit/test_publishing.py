"""What a run knows of the pair's consistency before a failover: by the monitor itself, or by earlier runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.inventory import Inventory
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.pair.check import CheckAnswer
from acp_acceptance.model.pair.last_consistency import LastConsistency
from acp_acceptance.plugin.publishing import Publisher
from acp_acceptance.reporting.history import Entry, append, history_file
from pairs import PAIR, pair_snapshot

if TYPE_CHECKING:
    from pathlib import Path

SWITCHED = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
GONE = Problem("absent", "there is no monitor")
CLEAN = {"missed_keys": 0.0, "surplus_keys": 0.0}


def remembered(folder: Path, check: object, *, offline: bool = False, stages: tuple[str, ...] = ("dr",)) -> Any:
    """Give what a run remembers, whose monitor gives this answer."""

    def switched(site: dict[str, Any]) -> None:
        site["dr"]["switched_at"] = SWITCHED.isoformat()

    snapshot = pair_snapshot(folder, switched, pair={"check": check})
    run: Any = SimpleNamespace(
        inventory=Inventory.model_validate(snapshot.site), snapshot=snapshot, stages=list(stages)
    )
    nobody: Any = None
    Publisher(nobody, "en", offline=offline).remember(run, folder)
    return snapshot.of("pair", PAIR)


def earlier(folder: Path, stage: str, at: datetime, **measurements: float) -> None:
    """Let there have been a run."""
    said = {"started": at, "finished": at, "stage": stage, "release": "4.2", "verdict": "accepted", "status": 0}
    run = {**said, "counts": {}, "measurements": measurements, "folder": f"{stage}-run"}
    append(history_file(folder, stage), Entry.model_validate(run))


@pytest.mark.parametrize(
    ("answer", "missed"),
    [
        (CheckAnswer("", 200, ("missed", "surplus")), 0),
        (CheckAnswer("", 200, ("missed", "surplus"), missed_total=3), 3),
        # Not understood as a whole, but keys are missed for certain.
        (CheckAnswer("", 200, ("missed",), missed_total=3, unknown="the line ?"), 3),
    ],
)
def test_a_monitor_that_answers_goes_before_any_history(tmp_path: Path, answer: CheckAnswer, missed: int) -> None:
    earlier(tmp_path, "dr", SWITCHED - timedelta(hours=1), missed_keys=9, surplus_keys=9)
    found = remembered(tmp_path, answer).last_consistency
    assert (found.missed, found.surplus, found.run) == (missed, 0, "")
    assert found.at == "2026-11-21T00:00:00+00:00"


@pytest.mark.parametrize(
    "answer", [GONE, CheckAnswer("", 200, ()), CheckAnswer("", 500, (), unknown="HTTP status 500")]
)
def test_without_an_answer_the_newest_run_before_the_switch_counts(tmp_path: Path, answer: object) -> None:
    earlier(tmp_path, "dr", SWITCHED - timedelta(hours=3), missed_keys=9, surplus_keys=9)
    earlier(tmp_path, "dr-failover", SWITCHED - timedelta(hours=1), **CLEAN)
    earlier(tmp_path, "dr", SWITCHED + timedelta(hours=1), missed_keys=7, surplus_keys=7)
    at = (SWITCHED - timedelta(hours=1)).isoformat()
    assert remembered(tmp_path, answer).last_consistency == LastConsistency(at, run="dr-failover-run")


def test_without_any_history_nothing_is_known(tmp_path: Path) -> None:
    assert remembered(tmp_path, GONE).last_consistency == LastConsistency()


def test_a_recorded_run_and_other_stages_remember_nothing(tmp_path: Path) -> None:
    for options in ({"offline": True}, {"stages": ("postinstall",)}):
        facts = remembered(tmp_path, CheckAnswer("", 200, ("missed", "surplus")), **options)
        assert not facts.is_measured(type(facts).last_consistency)
