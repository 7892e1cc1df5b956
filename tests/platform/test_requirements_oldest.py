"""Each requirement of an installed cluster on the oldest Kubernetes of the lab: it passes, fails alone, and breaks.

A file for each version, so that two workers run them side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from installed import Installed, batches, installed, one_of_each, red, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.platform import Fault

RELEASE = "4.0"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed("1.31", RELEASE, tmp_path_factory.mktemp("oldest")) as one:
        yield one


def test_a_healthy_platform_passes(site: Installed) -> None:
    run = site.judge()
    assert red(run) == set(), run.output
    assert run.results["verdict"] == "accepted"


@pytest.mark.parametrize("faults", batches(one_of_each(RELEASE)), ids=lambda batch: batch[0].name)
def test_faults_are_found(site: Installed, faults: list[Fault]) -> None:
    show(site, faults)
