"""Readiness on two real clusters: all of it passes, each fault turns its own requirement red, and nothing is guessed.

Faults of different requirements are seeded together, since a run of the suite takes most of the time.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from lab.pair import Pair
from lab.pair.faults import FAULTS
from lab.pair.faults.names import OPERATORS
from lab.pair.shared import PLANTED, REGISTRY_PASSWORD
from lab.platform.site import PLANTED_SECRETS
from planes import runnable
from suite import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from suite import SuiteRun

    Judge = Callable[..., SuiteRun]

OWN = ("parity.", "encryption.", "pair.", "dns.", "machines.", "workloads.", "etcd-backup.", "node-names.", "sync.path")

# Of one group, no two change the same object: the later would undo the earlier.
FAILING = (
    (
        *("other-release", "endpoint-is-not-the-vip", "certificate-differs", "registry-password-differs"),
        *("encryption-keys-differ", "encryption-not-deterministic", "etcd-port-closed-on-standby", "coredns-stale"),
        *("machine-not-running", "standby-sick", "backup-old", "operator-only-on-primary", "sites-distant"),
    ),
    (
        *("plugin-only-on-primary", "admin-user-differs", "images-missing", "encryption-key-names-twice"),
        *("root-key-differs", "etcd-port-layer-7", "http-port-closed", "domain-to-standby"),
        *("machine-not-running-on-primary", "primary-sick", "backup-failed", "operator-without-instance"),
    ),
)
BREAKING = (
    *("registry-credentials-missing", "encryption-file-unreadable", "name-server-down"),
    *("operators-forbidden", "path-not-tried"),
)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    given = Pair(release="4.3")
    runnable(given)
    with given:
        yield given


@pytest.fixture
def judge(pair: Pair, tmp_path: Path) -> Judge:
    """Run the stage as people at the sites do, and look for secrets in all that it writes."""
    number = iter(range(100))

    def give(**how: Any) -> SuiteRun:
        file = pair.write_inventory(tmp_path, **how)
        password = {"ACP_REGISTRY_PASSWORD": REGISTRY_PASSWORD}
        reports = tmp_path / f"reports-{next(number)}"
        # Where the monitor or a side does not answer, that is waited for on every way there is.
        options = ("--acp-stage=dr", f"--acp-inventory={file}", "--acp-deadline=30")
        run = judged(reports, *options, inside=pair.inside, environment=password)
        written = [run.output.encode(), *(path.read_bytes() for path in reports.rglob("*") if path.is_file())]
        assert not [secret for secret in (*PLANTED, *PLANTED_SECRETS) for text in written if secret.encode() in text]
        return run

    return give


def own(run: SuiteRun, *outcomes: str) -> set[str]:
    """Give those of the requirements tested here that have some outcome."""
    found = {name for name, _ in run.with_outcome(*outcomes)}
    return {name for name in found if name.removeprefix("dr.").startswith(OWN)}


def expected(names: tuple[str, ...], *, broken: bool) -> set[str]:
    """Give the requirements that faults turn red, or make unmeasurable."""
    return {FAULTS[name].requirement for name in names if FAULTS[name].breaks is broken}


def also(names: tuple[str, ...]) -> set[str]:
    """Give what cannot but be red or broken beside them."""
    return {requirement for name in names for requirement in FAULTS[name].also}


def test_a_healthy_pair_meets_all(judge: Judge) -> None:
    run = judge()
    assert own(run, "failed", "broken") == set(), run.output
    shown = {requirement for group in FAILING for requirement in expected(group, broken=False)}
    # There are no operators: see below for a pair that has them.
    assert own(run, "passed") >= shown - {OPERATORS}
    assert OPERATORS in {name for name, _ in run.with_outcome("not_applicable")}
    assert "active is primary-global" in run.output


@pytest.mark.parametrize("names", FAILING, ids=["first", "second"])
def test_each_fault_fails_its_own_requirement(pair: Pair, judge: Judge, names: tuple[str, ...]) -> None:
    with ExitStack() as seeded:
        for name in names:
            seeded.enter_context(pair.fault(name))
        run = judge()
    assert own(run, "failed") - also(names) == expected(names, broken=False), run.output
    assert own(run, "broken") <= also(names), run.output


def test_what_cannot_be_measured_is_broken(pair: Pair, judge: Judge) -> None:
    with ExitStack() as seeded:
        for name in BREAKING:
            seeded.enter_context(pair.fault(name))
        run = judge()
    assert own(run, "broken") - also(BREAKING) == expected(BREAKING, broken=True), run.output
    assert own(run, "failed") == set(), run.output
    assert "which cluster is active cannot be told" in run.output


def test_swapped_kubeconfigs_are_told_and_nothing_of_the_clusters_is_judged(judge: Judge) -> None:
    run = judge(swapped=True)
    for cluster, other in (("primary-global", "standby-global"), ("standby-global", "primary-global")):
        assert f"the kubeconfig that the inventory names for {cluster} reaches {other}" in " ".join(run.output.split())
    assert own(run, "failed") == set(), run.output
    # What is seen from outside and on the nodes is no matter of kubeconfigs.
    assert own(run, "passed") <= {
        *("dr.parity.certificate", "dr.pair.load-balancer", "dr.pair.load-balancer-advised"),
        *("dr.encryption.same-keys", "dr.node-names.cluster", "dr.sync.path", "dr.sync.path-advised"),
    }


def test_clocks_that_differ_are_told_and_operators_of_both_sides_are_well(pair: Pair, judge: Judge) -> None:
    with pair.fault("clocks-apart"), pair.fault("operators-on-both"):
        run = judge()
    assert "the clocks of primary-global and standby-global are 60 s apart" in run.output
    assert own(run, "failed", "broken") == set(), run.output
    assert OPERATORS in own(run, "passed")


@pytest.mark.parametrize("name", ["standby-unreachable", "both-unreachable"])
def test_a_side_that_is_not_reached_is_broken_and_said(pair: Pair, judge: Judge, name: str) -> None:
    with pair.fault(name):
        run = judge()
    assert "cluster standby-global: https://" in run.output
    assert "does not answer" in run.output
    reached = set() if name.startswith("both") else {"primary-global"}
    mine = own(run, "passed")
    assert {target for name, target in run.with_outcome("passed") if name in mine} == reached
    assert run.status == 1
