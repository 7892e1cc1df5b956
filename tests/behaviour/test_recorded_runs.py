"""The recorded runs that ship with the project, which the demo judges where nothing can be started."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from suite import SuiteRun

FAILING = {
    "installed-cluster": {
        "postinstall.appreleases.healthy",
        "postinstall.pods.healthy",
        "postinstall.platform.certificates-advised",
    },
    "recovery-pair": {"dr.sync.consistent", "dr.sync.independent", "dr.dns.platform-domain", "dr.parity.images"},
}


@pytest.mark.parametrize("name", FAILING)
def test_a_recorded_run_is_judged_as_it_was_when_it_was_recorded(run_suite: Callable[..., SuiteRun], name: str) -> None:
    run = run_suite(f"--acp-snapshot={ROOT / 'inventories' / 'recorded' / name}")
    assert run.status == 1, run.output
    assert {requirement for requirement, _ in run.with_outcome("failed")} == FAILING[name]
    assert not run.with_outcome("broken", "not_run")


@pytest.mark.parametrize("name", FAILING)
def test_a_recorded_run_says_nothing_of_the_machine_it_was_recorded_on(name: str) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "inventories" / "recorded" / name).rglob("*.json")]
    assert texts
    found = {word for text in texts for word in re.findall(r"[^\"]*(?:/\.cache/|/tmp/acp|/run/acp-lab)[^\"]*", text)}
    assert not found
