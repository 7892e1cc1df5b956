"""Faults that need several control plane nodes: one of them is down, or not behind the load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from installed import Installed, installed, red, show, usual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.platform import Fault

RELEASE = "4.3"
# Three members of etcd on two processors that everything shares are slower than is advised.
SLOW = {"postinstall.control-plane.etcd-advised"}
# Which Pods are on the node that is lost (CoreDNS, what is behind a webhook), and whether the balancer has noticed.
BY_CHANCE = {"postinstall.cluster.dns", "postinstall.cluster.webhooks", "postinstall.platform.web-console"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed("1.34", RELEASE, tmp_path_factory.mktemp("three"), control_plane=3) as one:
        yield one


def test_a_healthy_platform_passes(site: Installed) -> None:
    run = site.judge()
    assert red(run) <= SLOW, run.output
    assert run.results["verdict"] == "accepted"


@pytest.mark.parametrize("fault", usual(RELEASE, 3), ids=lambda fault: fault.name)
def test_a_fault_of_one_node_is_found(site: Installed, fault: Fault) -> None:
    show(site, [fault], SLOW | BY_CHANCE)
