"""The nodes of the demo without its faults: each release of ACP accepts them, and has no advice either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acp_acceptance.requirements import load_catalogue
from lab.demo import usual_nodes
from labs import started
from suite import judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab import Lab


@pytest.fixture(scope="module", params=[None, "kylin-v10-sp3-aarch64"], ids=["in turn", "aarch64"])
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    with started(usual_nodes(5, request.param), "usual") as running:
        yield running


@pytest.mark.parametrize("release", load_catalogue().releases)
def test_usual_nodes_meet_every_figure_of_a_release(lab: Lab, release: str, tmp_path: Path) -> None:
    run = judged(tmp_path, f"--acp-inventory={lab.inventory}", f"--acp-release={release}", "--acp-deadline=60")
    wrong = [item for item in run.results["verdicts"] if item["outcome"] not in {"passed", "not_applicable"}]
    assert (run.status, wrong) == (0, [])
    assert sum(item["outcome"] == "passed" for item in run.results["verdicts"]) > 60
