"""What Allure needs beside what its own plugin writes: environment, categories, labels of a test."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import allure
import allure_pytest.plugin
from allure_pytest.listener import AllureListener

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.requirements.catalogue import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acp_acceptance.plan import PlannedCheck
    from acp_acceptance.reporting.results import Results

_SEVERITIES = {"required": allure.severity_level.CRITICAL, "advised": allure.severity_level.MINOR}
CONFIGURATION = "allurerc.json"
"""Allure 3's configuration, beside the folder of results; its own report takes categories from nowhere else."""


def categories() -> list[dict[str, Any]]:
    """Give the categories, in the form of ``categories.json``, which Allure 3's configuration takes, too.

    Allure 2 (Java) wants the expression to match the whole message, Allure 3 (JavaScript) looks for it and knows no
    flags inside of it: this one is right for both.
    """
    waived = "|".join(phrase("waived-until", language).partition("{")[0].strip() for language in LANGUAGES)
    return [
        {"name": "Requirement not met", "matchedStatuses": ["failed"]},
        {"name": "Could not be measured", "matchedStatuses": ["broken"]},
        {"name": "Waived", "matchedStatuses": ["skipped"], "messageRegex": rf"[\s\S]*({waived})[\s\S]*"},
        {"name": "Not applicable", "matchedStatuses": ["skipped"]},
    ]


class _VerdictsAlone(AllureListener):
    """Allure's listener without fixtures: facts and requirement of each check are files that tell nobody anything."""

    pytest_fixture_setup = None  # type: ignore[assignment]  # no hook
    pytest_fixture_post_finalizer = None  # type: ignore[assignment]  # no hook

    def _update_fixtures_children(self, item: object) -> None:
        pass


def leave_fixtures_out() -> Callable[[], None]:
    """Have Allure's plugin, when it is configured next, write a file for each verdict only; gives what undoes that."""
    plugin: Any = allure_pytest.plugin
    usual = plugin.AllureListener
    plugin.AllureListener = _VerdictsAlone
    return partial(setattr, plugin, "AllureListener", usual)


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
    """Write what describes the whole run, into the folder of results and beside it; only the controlling process does.

    Raises:
        OSError: it cannot be written.
    """
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
    _write(folder / "categories.json", categories())
    named = f"{results.site.name}: ACP {results.site.release}, {results.scope.name}"
    _write(folder.parent / CONFIGURATION, {"name": printable(named), "categories": categories()})
    executor = {
        "name": f"acp-acceptance {results.run.tool}",
        "type": "acp-acceptance",
        "buildName": results.run.started,
    }
    _write(folder / "executor.json", executor)


def _write(file: Path, document: object) -> None:
    file.write_text(f"{json.dumps(document, indent=1)}\n", encoding="utf-8")


def _property(value: str) -> str:
    """Escape a value for a Java properties file."""
    return value.replace("\\", "\\\\").encode("ascii", "backslashreplace").decode("ascii").replace("\\x", "\\u00")
