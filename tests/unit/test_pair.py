"""The pair as a whole: which cluster is which, which is active, and what is read where one cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.pair.run import collect_pair
from acp_acceptance.collect.pair.steps import ACTIVE_STEPS, PAIR_STEPS, SIDE_STEPS
from acp_acceptance.collect.pair.subjects import Seal
from acp_acceptance.model.measurement import CollectionError, Problem
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.domain import DomainHere, active_by, leads_to
from acp_acceptance.model.pair.identity import owner_of
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts
from acp_acceptance.model.snapshot import Snapshot, stages_in
from cluster_api import ClusterApi
from pairs import DOMAIN, NETWORKS, PAIR, PRIMARY, STANDBY, VIPS, pair_inventory, pair_judged, pair_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from acp_acceptance.inventory import Cluster

FRONTS = {name: [vip] for name, vip in VIPS.items()}


class Told:
    """Is told how collection goes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)

    def waiting(self, *_: object) -> None:
        """Nothing is waited for."""

    def reading(self, *_: object) -> None:
        """What is read is of no interest."""


class Ways:
    """Ways to the APIs of both sides."""

    def __init__(self, give: Callable[[Cluster], Any]) -> None:
        self.access = give

    def ask_node(self, *_: object) -> Any:
        """No node answers."""
        raise CollectionError("no node is asked here")


def layouts(snapshot: Snapshot) -> dict[str, Any]:
    found: dict[str, Any] = {name: snapshot.of("cluster", name) for name in (PRIMARY, STANDBY)}
    return {name: facts.layout for name, facts in found.items()}


def test_all_facts_of_steps_are_declared() -> None:
    assert {name for step in SIDE_STEPS for name in step.facts} <= set(SideFacts.declared())
    together = [*PAIR_STEPS, *ACTIVE_STEPS]
    assert {name for step in together for name in step.facts} <= set(PairFacts.declared())


def test_marks_of_secrets_are_equal_within_a_run_only() -> None:
    one, other = Seal(), Seal()
    assert one.mark("secret") == one.mark(b"secret") != one.mark("another")
    assert one.mark("secret") != other.mark("secret")
    assert "secret" not in repr(one)


@pytest.mark.parametrize(
    ("addresses", "leads", "said"),
    [
        ((VIPS[PRIMARY],), {PRIMARY}, ""),
        ((VIPS[PRIMARY], VIPS[STANDBY]), {PRIMARY, STANDBY}, "more than one cluster"),
        (("203.0.113.9",), {""}, "the VIP of neither"),
        ((), set(), "does not resolve"),
    ],
)
def test_the_active_cluster_is_told_from_the_domain(addresses: tuple[str, ...], leads: set[str], said: str) -> None:
    assert leads_to(addresses, FRONTS) == leads
    here = DomainHere(DOMAIN, addresses, "" if addresses else "no answer")
    if said:
        with pytest.raises(CollectionError, match=said):
            active_by(here, FRONTS)
    else:
        assert {active_by(here, FRONTS)} == leads


def test_a_vip_is_the_same_in_all_its_spellings() -> None:
    assert leads_to(["2001:db8::10"], {"a": ["2001:0DB8:0:0::10"], "b": ["192.0.2.1"]}) == {"a"}


@pytest.mark.parametrize(
    ("nodes", "server", "owner"),
    [
        ({"standby-global-m1": ()}, "", STANDBY),
        ({"other": (f"{NETWORKS[STANDBY]}.11",)}, "https://192.0.2.10:6443", STANDBY),
        ({}, f"https://{VIPS[STANDBY]}:6443", STANDBY),
        ({}, "https://[::1]:6443", ""),
        ({"primary-global-m1": (), "standby-global-m1": ()}, f"https://{VIPS[STANDBY]}:6443", ""),
    ],
)
def test_an_api_is_known_by_its_nodes(
    tmp_path: Path, nodes: dict[str, tuple[str, ...]], server: str, owner: str
) -> None:
    assert owner_of(nodes, server, layouts(pair_snapshot(tmp_path))) == owner


def test_swapped_kubeconfigs_are_told_and_nothing_is_judged(tmp_path: Path) -> None:
    snapshot, told = pair_snapshot(tmp_path), Told()
    facts: Any = snapshot.targets
    one, other = facts["platform", PRIMARY], facts["platform", STANDBY]
    # What was read of each is of the other.
    snapshot.targets["platform", PRIMARY] = PlatformFacts(PRIMARY, other._values)  # noqa: SLF001 - as it was read
    snapshot.targets["platform", STANDBY] = PlatformFacts(STANDBY, one._values)  # noqa: SLF001 - likewise
    with ClusterApi().running() as api:
        ways: Any = Ways(lambda _cluster: api.access)
        assert collect_pair(pair_inventory(tmp_path), ways, 2, told, snapshot)
    for name, reached in ((PRIMARY, STANDBY), (STANDBY, PRIMARY)):
        line = f"cluster {name}: the kubeconfig that the inventory names for {name} reaches {reached}"
        assert line in str(told.lines)
    found = pair_judged(snapshot, "parity.release", "machines.running")
    assert found.with_outcome("broken") == set(found)
    assert "so nothing was judged" in found.said()


@pytest.mark.parametrize("gone", [{STANDBY}, {PRIMARY, STANDBY}])
def test_a_side_that_is_not_reached_says_so_in_each_of_its_verdicts(tmp_path: Path, gone: set[str]) -> None:
    snapshot = pair_snapshot(tmp_path)
    for cluster in gone:
        problem = Problem("unreachable", f"{cluster} does not answer")
        facts = PlatformFacts(cluster, dict.fromkeys(PlatformFacts.declared(), problem))
        snapshot.targets["platform", cluster] = facts
    names = {"/api/v1/namespaces/kube-system": {"metadata": {"uid": "1"}}}
    with ClusterApi(names).running() as api:
        ways: Any = Ways(lambda _cluster: api.access)
        assert collect_pair(pair_inventory(tmp_path), ways, 2, Told(), snapshot)
    for cluster in (PRIMARY, STANDBY):
        side = snapshot.of("side", cluster)
        assert ("identity" in side.problems()) == (cluster in gone)
    found = pair_judged(snapshot, "parity.release")
    assert found.with_outcome("broken") == {("parity.release", PAIR)}
    assert "does not answer" in found.said()


def test_a_snapshot_of_a_pair_can_be_judged_again(tmp_path: Path) -> None:
    snapshot = pair_snapshot(tmp_path)
    snapshot.save(tmp_path / "kept")
    assert stages_in(tmp_path / "kept") == ["dr"]
    again = Snapshot.load(tmp_path / "kept")
    assert pair_judged(again, "parity.release") == pair_judged(snapshot, "parity.release")
