from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from acp_acceptance.model.certificate import CertificateFile, ChainLink
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.pair.check import CheckAnswer
from acp_acceptance.model.pair.lag import Lag
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.platform.certificates import Certificates, PlatformCertificate
from acp_acceptance.reporting.history import entry_of
from acp_acceptance.reporting.measurements import MEASURES, SUBJECTS, measurements
from acp_acceptance.reporting.metrics import Metrics, write_for_collector
from acp_acceptance.reporting.results import Measurement, Outcome, Results
from acp_acceptance.reporting.summary import one_line
from pairs import STANDBY, pair_snapshot
from recorded import healthy, snapshot_of
from results_of import FINISHED, results, verdict
from servers import push_gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOSTILE = 'a"} 1\n# EOF\nevil{x="\\ \x1b[31m\u202e\ud800 <b>'


def samples(
    text: str, parse: Callable[[str], Any] = openmetrics
) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples of a text, by name and labels other than site and stage."""
    return {
        (
            item.name,
            frozenset((key, value) for key, value in item.labels.items() if key not in {"site", "stage"}),
        ): item.value
        for family in parse(text)
        for item in family.samples
    }


def value(found: dict[Any, float], name: str, **labels: str) -> float:
    return found[f"acp_acceptance_{name}", frozenset(labels.items())]


def metrics(run: Results, status: int = 0, last_success: Any = None) -> Metrics:
    return Metrics(run, status, last_success)


def test_a_run_is_said_in_numbers() -> None:
    run = results(
        verdict("dr.sync.consistent", "failed"),
        verdict("dr.sync.pods", "passed"),
        verdict("dr.sync.pods", "passed", target="primary"),
        verdict("dr.sync.plugin-advised", "broken", severity="advised"),
        verdict("ours.py::test_a", "failed", own=True),
        verdict("ours.py::test_b", "failed", own=True),
        verdict_on_all="not accepted",
        measurements=[
            Measurement(name="missed_keys", target="standby", value=12),
            Measurement(name="replication_lag_seconds", target="standby", subject="create", value=0.25),
        ],
    )
    found = samples(metrics(run, 1).text())
    assert value(found, "accepted") == 0
    assert value(found, "exit_status") == 1
    assert value(found, "verdict", verdict="not accepted") == 1
    assert value(found, "verdict", verdict="accepted") == 0
    assert value(found, "checks", severity="required", outcome="failed") == 3
    assert value(found, "checks", severity="advised", outcome="broken") == 1
    assert value(found, "checks", severity="required", outcome="waived") == 0
    assert value(found, "requirement_checks", requirement="dr.sync.pods", severity="required", outcome="passed") == 2
    assert value(found, "requirement_checks", requirement="own", severity="required", outcome="failed") == 2
    assert value(found, "missed_keys", cluster="standby") == 12
    assert value(found, "replication_lag_seconds", cluster="standby", change="create") == 0.25
    assert value(found, "last_run_timestamp_seconds") == datetime.fromisoformat(FINISHED).timestamp()
    assert value(found, "last_success_timestamp_seconds") == 0
    assert value(found, "run_duration_seconds") == 30
    assert not [name for name, _ in found if "surplus" in name]


def test_the_last_success_is_this_run_or_an_earlier_one() -> None:
    earlier = results(verdict(), finished="2026-11-20T10:00:00+00:00")
    entry = entry_of(earlier, 0, "")
    failed = samples(metrics(results(verdict(outcome="failed"), verdict_on_all="not accepted"), 1, entry).text())
    passed = samples(metrics(results(verdict()), 0, entry).text())
    assert value(failed, "last_success_timestamp_seconds") == entry.finished.timestamp()
    assert value(passed, "last_success_timestamp_seconds") == datetime.fromisoformat(FINISHED).timestamp()


@pytest.mark.parametrize("said", ["partial", "not accepted", "nothing judged"])
def test_only_an_accepted_run_is_a_success(said: str) -> None:
    found = samples(metrics(results(verdict(), verdict_on_all=said)).text())
    assert value(found, "accepted") == value(found, "last_success_timestamp_seconds") == 0


def hostile() -> Results:
    return results(
        verdict(HOSTILE, "failed", target=HOSTILE),
        site=HOSTILE,
        stages=(HOSTILE,),
        tool=HOSTILE,
        measurements=[Measurement(name="certificate_days_left", target=HOSTILE, subject=HOSTILE * 50, value=-3.5)],
    )


def test_what_targets_say_can_make_no_line_of_its_own() -> None:
    text = metrics(hostile()).text()
    assert text.count("# EOF") == 1 + text.count("\\n# EOF") + text.count(" # EOF")
    assert not re.search(r"^evil", text, re.MULTILINE)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\ud800]", text)
    found = samples(text)
    ((_, labels),) = [key for key in found if key[0].endswith("certificate_days_left")]
    assert all(len(item) <= 120 for _, item in labels)


@pytest.mark.parametrize("run", [results(verdict()), hostile()], ids=["usual", "hostile"])
def test_both_forms_of_the_text_say_the_same(run: Results) -> None:
    text = metrics(run).text()
    assert samples(text) == samples(text, classic)
    # The textfile collector's parser knows no other types, and refuses timestamps.
    assert set(re.findall(r"^# TYPE \S+ (\S+)$", text, re.MULTILINE)) == {"gauge"}
    assert all(item.timestamp is None for family in openmetrics(text) for item in family.samples)


def test_the_number_of_series_does_not_grow_with_the_site() -> None:
    def series(targets: int) -> int:
        verdicts = [verdict("preflight.kernel.swap", target=f"n{number}") for number in range(targets)]
        own = [verdict(f"ours.py::test_{number}", own=True) for number in range(targets)]
        return len(samples(metrics(results(*verdicts, *own)).text()))

    assert series(1) == series(500)


# --- writing


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "acp.prom"
    write_for_collector(metrics(results(verdict())), file)
    before = file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o644

    def fail(_self: Metrics) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(Metrics, "text", fail)
    with pytest.raises(OSError, match="no space left"):
        write_for_collector(metrics(results(verdict())), file)
    assert file.read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["acp.prom"]


def test_in_a_folder_site_and_stage_name_the_file(tmp_path: Path) -> None:
    written = write_for_collector(metrics(results(verdict(), stages=("preflight", "dr"))), tmp_path)
    assert written.name == "acp-acceptance-north-preflight+dr.prom"


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[tuple[str, str, bytes]], list[int]]]:
    """A stand-in for a Pushgateway: its URL, what it was sent, and the status it answers with."""
    with push_gateway("127.0.0.1") as one:
        yield one


def test_a_pushgateway_is_given_the_same(gateway: tuple[str, list[Any], list[int]]) -> None:
    url, seen, _ = gateway
    run = metrics(results(verdict()))
    run.push(url)
    ((command, path, body),) = seen
    assert command == "PUT"
    assert path.startswith("/metrics/job/acp-acceptance/")
    assert "site/north" in path
    assert samples(body.decode(), classic) == samples(run.text())


def test_a_pushgateway_that_refuses_is_an_error(gateway: tuple[str, list[Any], list[int]]) -> None:
    url, _, answer = gateway
    answer[0] = 500
    with pytest.raises(OSError, match="500"):
        metrics(results(verdict())).push(url)


# --- measurements

TAKEN = datetime.fromisoformat("2026-11-21T00:00:00+00:00")


def served(*days: float | str) -> PlatformCertificate:
    ends = [item if isinstance(item, str) else (TAKEN + timedelta(days=item)).isoformat() for item in days]
    chain = tuple(ChainLink("s", "i", TAKEN.isoformat(), end) for end in ends)
    return PlatformCertificate(CertificateFile("pem", chain=chain))


def measured(certificates: object) -> dict[str, float]:
    snapshot = snapshot_of(healthy("cp-1"))
    snapshot.targets["platform", "global"] = PlatformFacts("global", {"certificates": certificates})
    return {item.subject: item.value for item in measurements(snapshot) if item.name == "certificate_days_left"}


def test_the_first_of_a_chain_to_expire_counts() -> None:
    assert measured(Certificates({"192.0.2.1:443": served(90, 12.5), "b": served(-1)})) == {
        "192.0.2.1:443": 12.5,
        "b": -1,
    }


@pytest.mark.parametrize(
    "certificates",
    [
        Problem("forbidden", "no"),
        Certificates({}),
        Certificates({"a": PlatformCertificate(None, problem="not seen")}),
        Certificates({"a": served()}),
        Certificates({"a": served("never")}),
        Certificates({"a": served("2026-11-21T00:00:00")}),
        {"items": "nonsense"},
    ],
)
def test_what_was_not_measured_is_left_out_and_not_zero(certificates: object) -> None:
    assert measured(certificates) == {}


def of_pair(folder: Path, **facts: Any) -> dict[tuple[str, str], float]:
    found = measurements(pair_snapshot(folder, pair=facts))
    assert {item.target for item in found if item.name != "certificate_days_left"} <= {STANDBY}
    return {(item.name, item.subject): item.value for item in found if item.name != "certificate_days_left"}


def test_keys_and_lag_of_a_pair_are_measured(tmp_path: Path) -> None:
    answer = CheckAnswer("by proxy", 200, ("missed", "surplus"), missed_total=12, surplus_total=3)
    lag = Lag("ns", {"create": (10.0, 20.0, 90.0), "change": (5.0,)}, lost={"change": 1, "delete": 2}, waited=60)
    assert of_pair(tmp_path, check=answer, lag=lag) == {
        ("missed_keys", ""): 12,
        ("surplus_keys", ""): 3,
        ("replication_lag_seconds", "create"): 0.02,
        ("replication_lag_seconds", "change"): 0.005,
        ("replication_lag_worst_seconds", "create"): 0.09,
        ("replication_lag_worst_seconds", "change"): 60,
        ("replication_lag_worst_seconds", "delete"): 60,
    }


NO_LAG = Problem("not-asked", "no --acp-active")


@pytest.mark.parametrize(
    ("check", "keys"),
    [
        (Problem("unreachable", "no monitor"), {}),
        (CheckAnswer("", 200, ()), {}),
        (CheckAnswer("", 200, ("missed",)), {}),
        (CheckAnswer("", 500, ("missed", "surplus"), unknown="HTTP status 500"), {}),
        (CheckAnswer("", 200, ("missed",), missed_total=4), {"missed_keys": 4}),
        (CheckAnswer("", 200, ("missed", "surplus")), {"missed_keys": 0, "surplus_keys": 0}),
    ],
)
def test_an_answer_that_is_not_understood_is_never_zero_keys(
    tmp_path: Path, check: object, keys: dict[str, float]
) -> None:
    assert of_pair(tmp_path, check=check, lag=NO_LAG) == {(name, ""): count for name, count in keys.items()}


def test_of_very_many_the_worst_are_kept() -> None:
    found = measured(Certificates({f"a{number}": served(number) for number in range(1000, 0, -1)}))
    assert len(found) == SUBJECTS
    assert set(found.values()) == set(range(1, SUBJECTS + 1))


def test_every_measure_has_a_name_that_ends_with_its_unit_and_a_help() -> None:
    assert all(re.search(r"_(keys|seconds|left)$", name) and measure.help for name, measure in MEASURES.items())


# --- the one line


def test_a_run_is_said_in_one_line(tmp_path: Path) -> None:
    run = results(
        verdict("dr.a.b", "broken"),
        *(verdict(f"dr.c.{name}", "failed") for name in "wxyz"),
        verdict("dr.d.e-advised", "failed", severity="advised"),
        verdict("dr.f.g", "passed"),
        verdict_on_all="not accepted",
    )
    line = one_line(run, 1, tmp_path, "en")
    assert line == (
        "acp-acceptance north dr: NOT ACCEPTED: 5 failed, 1 could not be measured, 1 passed; "
        f"dr.c.w, dr.c.x, dr.c.y and 2 more; {FINISHED}, 30 s, exit 1; {tmp_path}"
    )


def test_the_line_stays_one_line_whatever_is_in_it() -> None:
    line = one_line(hostile(), 0, None, "ru")
    assert line.isprintable()
    assert len(line) <= 1000


def test_an_accepted_run_names_nothing() -> None:
    assert (
        one_line(results(verdict()), 0, None, "zh")
        == f"acp-acceptance north dr: 通过验收\uff1a1 通过; {FINISHED}\uff0c30 秒\uff0c退出码 0"
    )


def test_an_interrupted_run_says_so() -> None:
    run = results(verdict(outcome=Outcome.NOT_RUN.value), verdict_on_all="nothing judged", interrupted=True)
    assert "The run was interrupted.; " in one_line(run, 2, None, "en")
