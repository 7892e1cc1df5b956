"""What Allure needs beside what its own plugin writes: environment, categories, labels of a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import allure

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.plan import PlannedCheck
    from acp_acceptance.reporting.results import Results

_SEVERITIES = {"required": allure.severity_level.CRITICAL, "advised": allure.severity_level.MINOR}
_CATEGORIES = [
    {"name": "Requirement not met", "matchedStatuses": ["failed"]},
    {"name": "Could not be measured", "matchedStatuses": ["broken"]},
    {"name": "Waived", "matchedStatuses": ["skipped"], "messageRegex": "(?s).*waived until.*"},
    {"name": "Not applicable", "matchedStatuses": ["skipped"]},
]


def label(check: PlannedCheck, title: str) -> None:
    """Label the running test: Allure groups by these, and its ``host`` label would be the runner's."""
    dynamic: Any = allure.dynamic
    dynamic.title(f"{title} [{check.target.name}]")
    dynamic.severity(_SEVERITIES[check.requirement.severity])
    dynamic.parent_suite(check.requirement.stage)
    dynamic.suite(check.requirement.area)
    dynamic.sub_suite(check.target.name)
    dynamic.tag(check.requirement.id)


def write_about_run(folder: Path, results: Results) -> None:
    """Write what describes the whole run; only the controlling process does."""
    if not folder.is_dir():
        return
    environment = {
        "Site": results.site.name,
        "Release": f"ACP {results.site.release}",
        "Stage": ", ".join(results.scope.stages),
        "Verdict": results.verdict,
        "Suite": results.run.tool,
    }
    lines = (f"{key}={_property(value)}\n" for key, value in environment.items())
    (folder / "environment.properties").write_text("".join(lines), encoding="ascii")
    (folder / "categories.json").write_text(json.dumps(_CATEGORIES, indent=1), encoding="utf-8")
    executor = {
        "name": f"acp-acceptance {results.run.tool}",
        "type": "acp-acceptance",
        "buildName": results.run.started,
    }
    (folder / "executor.json").write_text(json.dumps(executor, indent=1), encoding="utf-8")


def _property(value: str) -> str:
    """Escape a value for a Java properties file."""
    return value.replace("\\", "\\\\").encode("ascii", "backslashreplace").decode("ascii").replace("\\x", "\\u00")
