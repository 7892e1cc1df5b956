"""Running the suite as a user does, and reading what it wrote."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass
class SuiteRun:
    """A run of the suite in a process of its own, as a user starts it."""

    status: int
    output: str
    reports: Path

    @property
    def folder(self) -> Path:
        """The run's folder."""
        (found,) = (path for path in self.reports.glob("*/*") if not path.name.startswith("."))
        return found

    @property
    def results(self) -> dict[str, Any]:
        """The record."""
        document: dict[str, Any] = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        return document

    def outcomes(self, requirement: str = "") -> dict[tuple[str, str], str]:
        """Outcome by requirement and target, of one requirement or all."""
        return {
            (verdict["requirement"], verdict["target"]): verdict["outcome"]
            for verdict in self.results["verdicts"]
            if requirement in {"", verdict["requirement"]}
        }

    def with_outcome(self, *outcomes: str) -> set[tuple[str, str]]:
        """Requirement and target of all verdicts with one of these outcomes."""
        return {key for key, outcome in self.outcomes().items() if outcome in outcomes}
