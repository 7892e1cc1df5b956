"""The alerts of deploy/: they ask for metrics and labels that there are, and each is shown firing and silent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import promql_parser
import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from acp_acceptance.reporting.measurements import MEASURES
from acp_acceptance.reporting.metrics import Metrics
from acp_acceptance.reporting.results import Measurement
from acp_acceptance.requirements import load_catalogue
from results_of import results, verdict
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))["spec"]["groups"]
    for rule in group["rules"]
]
SHOWN = yaml.safe_load((ROOT / "deploy" / "alerts.test.yaml").read_text(encoding="utf-8"))["tests"]
BY_NAME = {rule["alert"]: rule for rule in RULES}


def written() -> dict[str, set[str]]:
    """The labels of every metric that can be written, by name."""
    measurements = [Measurement(name=name, target="standby", subject="x", value=1) for name in MEASURES]
    text = Metrics(results(verdict(), measurements=measurements), 0, None).text()
    return {
        sample.name: set(sample.labels) for family in text_string_to_metric_families(text) for sample in family.samples
    }


def selectors(expression: Any) -> Iterator[Any]:
    """Everything in an expression that selects series."""
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression
        return
    parts = [getattr(expression, name, None) for name in ("lhs", "rhs", "expr", "param", "vector_selector")]
    for part in (*parts, *(getattr(expression, "args", None) or ())):
        if part is not None:
            yield from selectors(part)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_alert_asks_for_what_there_is(name: str) -> None:
    rule, known = BY_NAME[name], written()
    asked = list(selectors(promql_parser.parse(rule["expr"])))
    assert asked
    for selector in asked:
        assert selector.name in known
        assert {matcher.name for matcher in selector.matchers.matchers} <= known[selector.name]
    labels = set.intersection(*(known[selector.name] for selector in asked))
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    assert used <= labels
    assert "absent" not in rule["expr"] or not used


@pytest.mark.parametrize("name", BY_NAME)
def test_an_alert_is_shown_firing_and_silent(name: str) -> None:
    examples = [case for test in SHOWN for case in test["alert_rule_test"] if case["alertname"] == name]
    assert {bool(case["exp_alerts"]) for case in examples} == {True, False}


def test_the_requirement_that_an_alert_names_is_one_of_the_catalogue() -> None:
    named = {name for rule in RULES for name in re.findall(r'requirement="([^"]+)"', rule["expr"])}
    known = load_catalogue().requirements
    # An area that is not there yet has none to compare with.
    areas = {name.rpartition(".")[0] for name in known}
    assert named
    assert {name for name in named if name.rpartition(".")[0] in areas} <= set(known)
