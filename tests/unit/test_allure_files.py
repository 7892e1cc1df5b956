"""What is written for Allure beside its plugin's results; tests/behaviour/test_allure.py opens it in the real one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from acp_acceptance.reporting.allure import CONFIGURATION, categories, write_about_run
from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.requirements.catalogue import LANGUAGES
from signoffs import record, swap_on

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.requirements.catalogue import Language


def first_category(status: str, message: str) -> str:
    """Give the category that Allure puts a result into: the first that fits."""
    return next(
        str(item["name"])
        for item in categories()
        if status in item["matchedStatuses"] and re.fullmatch(item.get("messageRegex", r"[\s\S]*"), message)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_waived_failure_is_known_by_its_words_in_every_language(language: Language) -> None:
    said = phrase("waived-until", language, expires="2999-12-31", owner="olga", reason="next window")
    assert first_category("skipped", f"XFAIL {said}\n\nacp_acceptance.Unmet: swap is on") == "Waived"
    assert first_category("skipped", "Skipped: os is rhel") == "Not applicable"
    assert first_category("failed", said) == "Requirement not met"
    assert first_category("broken", said) == "Could not be measured"


def test_the_expression_is_one_for_java_and_for_javascript() -> None:
    (expression,) = (item["messageRegex"] for item in categories() if "messageRegex" in item)
    assert "(?" not in expression


def test_the_configuration_of_allure_3_lies_beside_the_results(tmp_path: Path) -> None:
    results = tmp_path / "allure-results"
    results.mkdir()
    write_about_run(results, record([swap_on()], site={"name": "north \x1b[31m"}))
    configuration = json.loads((tmp_path / CONFIGURATION).read_text(encoding="utf-8"))
    assert configuration == {"name": "north \\x1b[31m: ACP 4.2, preflight", "categories": categories()}
    assert json.loads((results / "categories.json").read_text(encoding="utf-8")) == categories()


def test_without_results_nothing_is_written(tmp_path: Path) -> None:
    write_about_run(tmp_path / "allure-results", record([swap_on()]))
    assert list(tmp_path.iterdir()) == []
