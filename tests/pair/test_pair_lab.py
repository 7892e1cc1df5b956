"""The lab's pair: two real clusters are alike, each fault can be seen and undone, a failover goes step by step."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import yaml
from looks import look_for

from lab import LabError
from lab.pair import Pair, store
from lab.pair.failover import STEPS
from lab.pair.faults import FAULTS
from lab.pair.plugin import CONSISTENT
from lab.pair.shared import PLANTED
from lab.platform.api import Reference
from lab.platform.serving import ETCD, listens
from lab.platform.site import SYSTEM
from planes import runnable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lab.pair.faults import Fault

RELEASE = "4.3"
# One of each kind, those that are alike left out: all are seeded, and judged, by the tests of the stage.
KINDS = {
    (fault.requirement, fault.breaks, *(type(step).__name__ for step in fault.steps)): fault
    for fault in reversed(FAULTS.values())
    if RELEASE in fault.releases and not fault.slow and not fault.active
}
CHOSEN = [FAULTS["etcd-port-layer-7"], *KINDS.values()]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    one = Pair(release=RELEASE, say=lambda _line: None)
    runnable(one)
    with one:
        yield one


@pytest.fixture(scope="module")
def healthy(pair: Pair) -> dict[Callable[[Pair], object], object]:
    """How a healthy pair looks, by the way of looking at it."""
    return {look: look(pair) for look in {look_for(fault) for fault in CHOSEN}}


def test_what_is_synchronised_is_on_both_sides_and_nothing_else(pair: Pair) -> None:
    kubectl = pair.primary.cluster.kubectl
    kubectl("-n", "acme", "create", "service", "clusterip", "web", "--tcp=80:80")
    kubectl("-n", "default", "create", "configmap", "own")
    kubectl("create", "namespace", "late")
    kubectl("-n", "late", "create", "secret", "generic", "word", "--from-literal=word=planted")
    wanted = {f"/registry/{key}" for key in ("services/specs/acme/web", "namespaces/late", "secrets/late/word")}
    pair.standby.api.wait(lambda: wanted <= store.keys(pair.standby), "what was made is on the standby")
    # The standby reads what the primary has encrypted: both have the same key.
    found = pair.standby.api.get(Reference("v1", "Secret", "word", "late"))
    assert found is not None
    assert found["data"] == {"word": "cGxhbnRlZA=="}
    assert "/registry/configmaps/default/own" not in store.keys(pair.standby)
    kubectl("-n", "default", "delete", "configmap", "own")
    kubectl("-n", "acme", "delete", "service", "web")
    kubectl("delete", "namespace", "late")
    pair.standby.plugin.await_consistent()
    assert not wanted & store.keys(pair.standby)


def test_secrets_are_encrypted_in_etcd(pair: Pair) -> None:
    value = store.value(pair.standby, "/registry/secrets/acme/credentials")
    assert value.startswith(b"k8s:enc:aescbc:v1:key1:")
    assert not any(word.encode() in value for word in PLANTED)


def test_a_mirror_that_lags_lags_as_long_as_was_said(pair: Pair) -> None:
    kubectl = pair.primary.cluster.kubectl
    with pair.lag(3):
        kubectl("-n", "acme", "create", "configmap", "slow")
        began = time.monotonic()
        which = Reference("v1", "ConfigMap", "slow", "acme")
        pair.standby.api.wait(lambda: pair.standby.api.get(which) is not None, "it is there")
        # It was not there sooner; how much later it may be is this machine's.
        assert time.monotonic() - began > 2
    kubectl("-n", "acme", "delete", "configmap", "slow")
    pair.standby.plugin.await_consistent()


def test_a_run_asks_the_pairs_name_server(pair: Pair) -> None:
    command = [*pair.inside, "getent", "hosts", pair.domain]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[0] == pair.primary.vip


def test_the_inventory_names_both_sides(pair: Pair, tmp_path: Path) -> None:
    usual, swapped = (
        yaml.safe_load(pair.write_inventory(tmp_path, swapped=word).read_text(encoding="utf-8"))
        for word in (False, True)
    )
    clusters, others = (document["all"]["vars"]["acp"]["clusters"] for document in (usual, swapped))
    assert [block["role"] for block in clusters.values()] == ["primary", "standby"]
    assert clusters["primary-global"]["kubeconfig"] == others["standby-global"]["kubeconfig"]
    assert not any(word in str(usual) for word in PLANTED)


@pytest.mark.parametrize("fault", CHOSEN, ids=lambda fault: fault.name)
def test_a_fault_shows_and_is_gone_again(
    pair: Pair, healthy: dict[Callable[[Pair], object], object], fault: Fault
) -> None:
    look = look_for(fault)
    with pair.fault(fault.name):
        pair.primary.api.wait(lambda: look(pair) != healthy[look], f"{fault.name} shows", 20)
    pair.primary.api.wait(lambda: look(pair) == healthy[look], f"{fault.name} is gone", 60)


def test_a_failover_can_be_left_half_done_and_finished(pair: Pair) -> None:
    with pytest.raises(KeyError):
        pair.fail_over(until="pray")
    # These take long, and are like others.
    others = ["ensure-elasticsearch-templates", "restart-elasticsearch", "restart-monitoring"]
    with pair.failover(until="switch-domain", skip=["close-etcd-port", *others]):
        assert pair.done == ["verify-consistency", "remove-plugin", "switch-domain"]
        assert pair.switched_at is not None
        assert listens(pair.primary.vip, ETCD)
        assert pair.standby.pods("app=etcd-sync") == []
        before = {pod["metadata"]["name"] for pod in pair.standby.pods("service_name=cluster-transformer")}
        pair.fail_over(until="restart-warlock", skip=others)
        assert not listens(pair.primary.vip, ETCD)
        assert pair.primary.resolves() == pair.standby.resolves() == [pair.standby.vip]
        after = {pod["metadata"]["name"] for pod in pair.standby.pods("service_name=cluster-transformer")}
        assert before.isdisjoint(after)
        pair.fail_over(skip=others)
        assert sorted([*pair.done, *others]) == sorted(STEPS)
        assert pair.primary.check().splitlines() == CONSISTENT
    assert pair.primary.resolves() == [pair.primary.vip]
    assert pair.standby.check().splitlines() == CONSISTENT
    with pytest.raises(LabError, match="NotFound"):
        pair.primary.cluster.kubectl("-n", SYSTEM, "get", "deployment", "etcd-sync")


def test_nothing_may_be_uninstalled_while_keys_are_missed(pair: Pair) -> None:
    with pair.fault("missed-keys"), pytest.raises(LabError, match="not consistent"), pair.failover():
        pass
    assert pair.standby.check().splitlines() == CONSISTENT
