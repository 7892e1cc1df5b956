"""What a schedule needs of a run, beside its record: history and trend, ``metrics.prom``, one line at the end."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from acp_acceptance.model.pair.last_consistency import LastConsistency
from acp_acceptance.model.text import printable
from acp_acceptance.reporting import history
from acp_acceptance.reporting.measurements import measurements, worst
from acp_acceptance.reporting.metrics import Metrics, write_for_collector
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.summary import one_line
from acp_acceptance.reporting.trend import trend_line, trend_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from acp_acceptance.plugin.acceptance import Acceptance
    from acp_acceptance.reporting.results import Results
    from acp_acceptance.requirements.catalogue import Language

_SCHEMES = {"http", "https"}


@dataclass(eq=False)
class Publisher:
    """Registered in the controlling process only, which tells it of the results.

    What it cannot write is said, and changes no verdict.

    Attributes:
        config: pytest's.
        language: of what is said.
        place: where ``--acp-metrics`` wants the metrics: a file, a folder, or the URL of a Pushgateway.
        offline: a recorded snapshot is judged, which is no new observation: nothing of it goes into the history.
        notes: lines for the terminal.
        line: the run in one line; empty until it has ended.
    """

    config: pytest.Config
    language: Language
    place: str = ""
    offline: bool = False
    notes: list[str] = field(default_factory=list)
    line: str = ""

    def remember(self, run: Acceptance, site: Path) -> None:
        """Add to the snapshot what earlier runs knew of the pair's consistency; or this one, where it has asked."""
        plan = run.inventory.site.dr
        if self.offline or plan is None or "dr" not in run.stages:
            return
        snapshot = run.snapshot
        now = worst(measurements(snapshot))
        keys = [int(now[name]) if name in now else None for name in ("missed_keys", "surplus_keys")]
        # Of an answer that is not understood, what is known to be amiss counts.
        if None not in keys or any(keys):
            known = LastConsistency(snapshot.taken, keys[0] or 0, keys[1] or 0)
        else:
            past = [history.load(history.history_file(site, name)) for name in ("dr", "dr-failover")]
            known = history.last_consistency(past, plan.switched_at or datetime.fromisoformat(snapshot.taken))
        snapshot.of("pair", plan.name).add({"last_consistency": known})

    def write(self, results: Results, status: int, folder: Path, site: Path) -> None:
        """Write what lies in the run's own folder, while that is not closed yet."""
        past = history.load(self._history(results, site))
        metrics = Metrics(results, status, past.last_success)
        metrics.write(folder / "metrics.prom")
        line = one_line(results, status, None, self.language)
        (folder / "summary.txt").write_text(f"{line}\n", encoding="utf-8")
        if self.place:
            self._attempt(self.place, lambda: self._send(metrics))

    def publish(self, results: Results, status: int, folder: Path) -> None:
        """Write what lies outside, when the run's folder is whole."""
        self.line = one_line(results, status, folder, self.language)
        if self.offline:
            return
        file = self._history(results, folder.parent)
        entry = history.entry_of(results, status, folder.name)
        self._attempt(file, lambda: history.append(file, entry))
        self._attempt(file, lambda: self._keep_line(file.with_suffix(".txt")))
        self._attempt(folder.parent / "index.html", lambda: self._index(folder.parent))
        known = history.load(file)
        if known.unreadable:
            self.notes.append(phrase("history-odd", self.language, count=known.unreadable))
        trend = trend_of(known.entries)
        if trend:
            self.notes.append(trend_line(trend, self.language))

    def _index(self, site: Path) -> None:
        # Imported here: templates take long to import, and a run without reports needs none before this.
        from acp_acceptance.reporting.overview.index import write_index  # noqa: PLC0415 - as said

        try:
            write_index(site, self.language)
        except OSError:
            raise
        except Exception as error:  # a page that cannot be made must not cost the run
            raise OSError(f"{type(error).__name__}: {error}") from error

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Say the run in one line, below everything else."""
        yield
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if self.line and reporter is not None:
            reporter.write_line(self.line)

    @staticmethod
    def _history(results: Results, site: Path) -> Path:
        return history.history_file(site, results.scope.name)

    def _send(self, metrics: Metrics) -> None:
        if urlsplit(self.place).scheme in _SCHEMES:
            metrics.push(self.place)
            written = self.place
        else:
            written = str(write_for_collector(metrics, Path(self.place)))
        self.notes.append(phrase("metrics-written", self.language, place=written))

    def _keep_line(self, file: Path) -> None:
        half = file.with_name(f".{file.name}.{os.getpid()}.partial")
        half.touch(mode=0o600)
        half.write_text(f"{self.line}\n", encoding="utf-8")
        half.rename(file)

    def _attempt(self, what: object, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            why = printable(f"{type(error).__name__}: {error}")
            self.notes.append(phrase("not-kept", self.language, what=what, why=why))


def metrics_place(config: pytest.Config) -> str:
    """Give where the metrics are wanted, beside the run's own folder; empty for nowhere.

    Raises:
        pytest.UsageError: that can be no such place; says what to write.
    """
    place: str = config.getoption("acp_metrics") or ""
    if not place:
        return ""
    if config.getoption("acp_snapshot"):
        raise pytest.UsageError("--acp-snapshot judges what was seen earlier; leave --acp-metrics out")
    url = urlsplit(place)
    if url.scheme in _SCHEMES:
        if not url.hostname or "@" in url.netloc:
            raise pytest.UsageError(
                "--acp-metrics: write the Pushgateway as http://HOST:PORT, without user and password"
            )
        return place
    path = config.invocation_params.dir / place
    folder = path if path.is_dir() else path.parent
    if path != folder and path.suffix != ".prom":
        raise pytest.UsageError(f"--acp-metrics {place}: is no folder; a textfile collector reads only FILE.prom")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise pytest.UsageError(f"--acp-metrics {place}: the folder {folder} is not there, or cannot be written")
    return str(path)
