"""Every fault of an installed cluster on the newest Kubernetes that ACP creates: it turns its requirement red, alone.

A file for each version, so that two workers run them side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from installed import Installed, batches, installed, red, show, usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.platform import Fault

RELEASE = "4.3"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed("1.34", RELEASE, tmp_path_factory.mktemp("newest")) as one:
        yield one


def test_a_healthy_platform_passes(site: Installed) -> None:
    run = site.judge()
    assert red(run) == set(), run.output
    assert run.results["verdict"] == "accepted"


@pytest.mark.parametrize("faults", batches(usual(RELEASE)), ids=lambda batch: batch[0].name)
def test_faults_are_found(site: Installed, faults: list[Fault]) -> None:
    show(site, faults)
