"""``metrics.prom``: a run as OpenMetrics text, which Prometheus' textfile collector and Pushgateway read as well.

Only gauges without timestamps are written, since that is what both forms have in common. How many series there are is
bounded by the catalogue and :data:`acp_acceptance.reporting.measurements.SUBJECTS`: no target has one of its own, and a
site's own checks share one name.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import push_to_gateway
from prometheus_client.openmetrics.exposition import generate_latest

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.measurements import MEASURES
from acp_acceptance.reporting.results import Outcome, Results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.reporting.history import Entry

PREFIX = "acp_acceptance"
JOB = "acp-acceptance"
OWN_CHECKS = "own"
_VERDICTS = ("accepted", "not accepted", "partial", "nothing judged")
_SEVERITIES = ("required", "advised")
_LABEL_LIMIT = 120
_PUSH_SECONDS = 10
_READABLE_BY_ALL = 0o644


class Metrics:
    """The metrics of one run.

    Args:
        results: the run.
        status: its exit status.
        last_success: the newest accepted run before it; ``None`` where none is known.
    """

    def __init__(self, results: Results, status: int, last_success: Entry | None) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._gauges: dict[str, Gauge] = {}
        self.labels = {
            "site": _label(results.site.name),
            "stage": _label(results.scope.name),
        }
        self._add_run(results, status, last_success)
        self._add_verdicts(results)
        self._add_measurements(results)

    def text(self) -> str:
        """Give the OpenMetrics text."""
        return cast("bytes", generate_latest(self.registry)).decode()  # type: ignore[no-untyped-call]  # the library's

    def write(self, file: Path, *, mode: int = 0o600) -> None:
        """Write the text, whole or not at all; while it is written its name is none that a collector reads.

        Raises:
            OSError: it cannot be written.
        """
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".partial", dir=file.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(self.text())
                os.fchmod(stream.fileno(), mode)
            Path(name).rename(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def push(self, url: str) -> None:
        """Put them in the place of what a Pushgateway has of this site and stage.

        Raises:
            OSError: it does not answer, or refuses.
        """
        push_to_gateway(url, job=JOB, registry=self.registry, grouping_key=self.labels, timeout=_PUSH_SECONDS)

    def _gauge(self, name: str, help_text: str, value: float, **labels: str) -> None:
        every = {**self.labels, **{key: _label(text) for key, text in labels.items()}}
        gauge = self._gauges.get(name)
        if gauge is None:
            gauge = Gauge(f"{PREFIX}_{name}", help_text, list(every), registry=self.registry)
            self._gauges[name] = gauge
        gauge.labels(**every).set(value)

    def _add_run(self, results: Results, status: int, last_success: Entry | None) -> None:
        run, accepted = results.run, results.verdict == "accepted"
        finished = datetime.fromisoformat(run.finished)
        succeeded = finished if accepted else last_success.finished if last_success else None
        self._gauge("run_info", "What was run.", 1, release=results.site.release, suite=run.tool)
        self._gauge("accepted", "1 where every required check was measured, and met or waived.", accepted)
        self._gauge("exit_status", "The run's exit status.", status)
        for verdict in _VERDICTS:
            known = "1 for the verdict on the run, 0 for the others."
            self._gauge("verdict", known, results.verdict == verdict, verdict=verdict)
        self._gauge("last_run_timestamp_seconds", "When the run ended.", finished.timestamp())
        self._gauge(
            "last_success_timestamp_seconds",
            "When the newest accepted run ended; 0 where none is known.",
            succeeded.timestamp() if succeeded else 0,
        )
        seconds = (finished - datetime.fromisoformat(run.started)).total_seconds()
        self._gauge("run_duration_seconds", "How long the run took.", seconds)
        self._gauge("targets", "Targets that owe requirements.", results.scope.targets)
        self._gauge("judged_targets", "Of them, those for which all was run.", results.scope.judged_targets)

    def _add_verdicts(self, results: Results) -> None:
        totals = Counter((verdict.severity, verdict.outcome) for verdict in results.verdicts)
        for severity in _SEVERITIES:
            for outcome in Outcome:
                count = totals[severity, outcome]  # type: ignore[index]  # severities are these words
                known = "Verdicts, by severity and outcome."
                self._gauge("checks", known, count, severity=severity, outcome=outcome.value)
        by_requirement = Counter(
            (OWN_CHECKS if verdict.own else verdict.requirement, verdict.severity, verdict.outcome)
            for verdict in results.verdicts
        )
        for (requirement, severity, outcome), count in by_requirement.items():
            self._gauge(
                "requirement_checks",
                "Verdicts on one requirement, by outcome; outcomes without any are left out.",
                count,
                requirement=requirement,
                severity=severity,
                outcome=outcome.value,
            )

    def _add_measurements(self, results: Results) -> None:
        for item in results.measurements:
            measure = MEASURES[item.name]
            subject: Mapping[str, str] = {measure.subject: item.subject} if measure.subject else {}
            self._gauge(item.name, measure.help, item.value, cluster=item.target, **subject)


def write_for_collector(metrics: Metrics, place: Path) -> Path:
    """Write metrics where a textfile collector looks: a file, or a folder in which site and stage name it.

    It is readable by all, since the collector is another user.

    Raises:
        OSError: it cannot be written.
    """
    file = place / f"{JOB}-{metrics.labels['site']}-{metrics.labels['stage']}.prom" if place.is_dir() else place
    metrics.write(file, mode=_READABLE_BY_ALL)
    return file


def _label(text: str) -> str:
    return printable(text, limit=_LABEL_LIMIT)
