"""After a failover: each step of the guide done, undone (alone), and not measurable; and which is the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.mesh import Resolved
from acp_acceptance.model.pair.components import Components, StartedPod, WorkloadComponents
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.elasticsearch import Elasticsearch, ElasticsearchAnswer
from acp_acceptance.model.pair.failover import EtcdPorts
from acp_acceptance.model.pair.last_consistency import LastConsistency
from acp_acceptance.model.pair.switched_domain import DomainServed
from acp_acceptance.model.platform.names import Lookup, Names
from acp_acceptance.reporting.results import next_step
from acp_acceptance.requirements import load_catalogue
from pairs import DOMAIN, PAIR, PRIMARY, STANDBY, VIPS, pair_judged, pair_snapshot, plugin
from platform_objects import MODULE_INFOS, module, named
from results_of import verdict

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.model.snapshot import Snapshot
    from judging import Verdicts

BEFORE, SWITCHED, AFTER = "2026-11-20T10:00:00+00:00", "2026-11-20T12:00:00+00:00", "2026-11-20T12:10:00+00:00"
STEPS = [name.partition(".")[2] for name in load_catalogue().requirements if name.startswith("dr.failover.")]
OLD, NEW = (VIPS[PRIMARY],), (VIPS[STANDBY],)
CLUSTERS = "/apis/platform.tkestack.io/v1/clusters"
GONE = Problem("unreachable", "it does not answer")


def pod(name: str, started: str = AFTER, *, ready: bool = True) -> tuple[StartedPod, ...]:
    return (StartedPod(f"{name}-0", started, ready=ready),)


def components(**changed: tuple[StartedPod, ...]) -> Components:
    names = ("cpaas-elasticsearch", "alertmanager", "vmselect", "vminsert", "cluster-transformer")
    pods = {**{name: pod(name) for name in names}, **{key.replace("_", "-"): value for key, value in changed.items()}}
    return Components(
        {key: value for key, value in pods.items() if value}, {name: (f"deployments/{name}",) for name in names}
    )


def names(*, sentry: tuple[str, ...] = NEW, first: tuple[str, ...] = NEW, **second: Any) -> Names:
    lookups = (
        Lookup(DOMAIN, "", sentry),
        Lookup(DOMAIN, "coredns-a", first),
        replace(Lookup(DOMAIN, "coredns-b", NEW), **second),
        Lookup("kubernetes.default.svc.cluster.local", "", ("10.4.0.1",)),
    )
    return Names(lookups, ("coredns-a", "coredns-b"), DOMAIN)


WARLOCK = Components({"warlock": pod("warlock")}, {})


def healthy_side() -> dict[str, Any]:
    answers = (ElasticsearchAnswer("cpaas-elasticsearch-0", 200, health="green"),)
    return {"components": components(), "elasticsearch": Elasticsearch(installed=True, answers=answers)}


def healthy_pair() -> dict[str, Any]:
    return {
        "domain_here": DomainHere(DOMAIN, NEW),
        "last_consistency": LastConsistency(BEFORE, run="dr-20261120T100000Z"),
        "etcd_ports": EtcdPorts({f"{VIPS[PRIMARY]}:2379": "silent", f"{VIPS[STANDBY]}:2379": "refused"}),
        "domain_served": DomainServed(DOMAIN, VIPS[STANDBY], 200, signers=(STANDBY,)),
        "workload_components": WorkloadComponents({"production": WARLOCK}, {}),
    }


def switched_over(folder: Path, **changed: Any) -> Snapshot:
    """Give a pair after a failover of which every step is done, but for facts by name (of side and pair)."""

    def failover(site: dict[str, Any]) -> None:
        site["dr"]["switched_at"] = SWITCHED
        site.update(changed.pop("site", {}))

    objects = {
        STANDBY: {
            MODULE_INFOS: [module("base"), plugin("logging"), *changed.pop("standby_modules", [])],
            CLUSTERS: changed.pop("clusters", [running("global"), running("production")]),
        },
        PRIMARY: {MODULE_INFOS: [module("base"), *changed.pop("primary_modules", [])]},
    }
    side, pair = healthy_side(), healthy_pair()
    asked, resolved = changed.pop("names", names()), changed.pop("resolved", NEW)
    platform = changed.pop("primary_platform", {})
    for name, value in changed.items():
        (side if name in side else pair)[name] = value
    snapshot = pair_snapshot(folder, failover, objects=objects, sides={STANDBY: side}, pair=pair)
    snapshot.site["site"]["dr"]["phase"] = "failover"
    snapshot.of("platform", STANDBY).add({"names": asked})
    snapshot.of("platform", PRIMARY).add(platform)
    for (kind, name), facts in snapshot.targets.items():
        if kind == "node":
            own = resolved if name.startswith("standby") else OLD
            facts.add({"resolved": Resolved({DOMAIN: own})})
    return snapshot


def running(name: str, phase: str = "Running") -> dict[str, Any]:
    return named(name, status={"phase": phase, "message": "no heartbeat"})


def judged(folder: Path, **changed: Any) -> Verdicts:
    return pair_judged(switched_over(folder, **changed), *STEPS)


def test_the_steps_are_those_of_the_guide_in_its_order() -> None:
    assert [name.removeprefix("failover.") for name in STEPS] == [
        "elasticsearch-templates",
        "consistent-before",
        "sync-removed",
        "port-closed",
        "dns",
        "console",
        "restarted",
        "restarted-in-workload-clusters",
        "clusters",
    ]


def test_a_failover_that_is_done_is_green(tmp_path: Path) -> None:
    assert judged(tmp_path) == {(name, PAIR): ("passed", "") for name in STEPS}


def test_a_former_primary_that_is_gone_is_no_reason_to_wait(tmp_path: Path) -> None:
    gone = dict.fromkeys(("module_infos", "names", "clusters", "api_server"), GONE)
    assert judged(tmp_path, primary_platform=gone).with_outcome("failed", "broken") == set()


UNDONE = {
    "401": ("elasticsearch-templates", {"elasticsearch": Elasticsearch(installed=True, answers=(ElasticsearchAnswer("es-0", 401),))}, "es-0 refuses the platform's own user with status 401"),
    "no answer": ("elasticsearch-templates", {"elasticsearch": Elasticsearch(installed=True, answers=(ElasticsearchAnswer("es-0", None, "timed out"),))}, "es-0 does not answer: timed out"),
    "503": ("elasticsearch-templates", {"elasticsearch": Elasticsearch(installed=True, answers=(ElasticsearchAnswer("es-0", 503),))}, "es-0 answers with status 503"),
    "red": ("elasticsearch-templates", {"elasticsearch": Elasticsearch(installed=True, answers=(ElasticsearchAnswer("es-0", 200, health="red"),))}, "its cluster is red"),
    "missed": ("consistent-before", {"last_consistency": LastConsistency(BEFORE, missed=3)}, "missed keys: 3, surplus keys: 0"),
    "surplus": ("consistent-before", {"last_consistency": LastConsistency("2026-10-01T00:00:00+00:00", surplus=2)}, "surplus keys: 2"),
    "plugin": ("sync-removed", {"standby_modules": [plugin("etcd-sync")]}, "ModuleInfo global/etcd-sync is still there"),
    "its Pods": ("sync-removed", {"components": replace(components(), synchroniser=("etcd-sync-7f9",))}, "its Pods are still there: etcd-sync-7f9"),
    "port of the old": ("port-closed", {"etcd_ports": EtcdPorts({"192.0.2.10:2379": "open", "198.51.100.10:2379": "refused"})}, "192.0.2.10:2379 is open"),
    "port of the new": ("port-closed", {"etcd_ports": EtcdPorts({"192.0.2.10:2379": "silent", "[2001:db8::1]:2379": "open"})}, "[2001:db8::1]:2379 is open"),
    "sentry": ("dns", {"names": names(sentry=OLD)}, "Pods of the new primary get 192.0.2.10"),
    "both addresses": ("dns", {"names": names(sentry=(*OLD, *NEW))}, "get 192.0.2.10, 198.51.100.10"),
    "stale CoreDNS": ("dns", {"names": names(addresses=OLD)}, "CoreDNS Pod coredns-b still gives 192.0.2.10"),
    "silent CoreDNS": ("dns", {"names": names(addresses=(), failure="SERVFAIL")}, "CoreDNS Pod coredns-b cannot resolve it: SERVFAIL"),
    "node": ("dns", {"resolved": OLD}, "node standby-global-m1 gets 192.0.2.10"),
    "node nowhere": ("dns", {"resolved": ()}, "node standby-global-m1 gets nowhere"),
    "runner": ("dns", {"domain_here": DomainHere(DOMAIN, OLD)}, "it leads to 192.0.2.10 from this machine"),
    "no console": ("console", {"domain_served": DomainServed(DOMAIN, "198.51.100.10", None, "refused", (STANDBY,))}, "gives no answer: refused"),
    "bad console": ("console", {"domain_served": DomainServed(DOMAIN, "198.51.100.10", 502, signers=(STANDBY,))}, "answers with status 502"),
    "other console": ("console", {"domain_served": DomainServed(DOMAIN, "192.0.2.10", 200, signers=(PRIMARY,))}, "the API server is that of primary-global"),
    "monitoring": ("restarted", {"components": components(vmselect=pod("vmselect", BEFORE))}, "vmselect was not restarted: vmselect-0 since 2026-11-20T10:00:00+00:00"),
    "transformer": ("restarted", {"components": components(cluster_transformer=pod("cluster-transformer", BEFORE))}, "service_name=cluster-transformer"),
    "one of two": ("restarted", {"components": components(vminsert=(*pod("a"), *pod("b", BEFORE)))}, "vminsert was not restarted: b-0 since"),
    "at the switch": ("restarted", {"components": components(vminsert=pod("a", SWITCHED))}, "vminsert was not restarted"),
    "not ready": ("restarted", {"components": components(alertmanager=pod("alertmanager", ready=False))}, "alertmanager was restarted and is not ready"),
    "no Pod": ("restarted", {"components": components(alertmanager=())}, "alertmanager has no Pod, though it should have some: deployments/alertmanager"),
    "warlock": ("restarted-in-workload-clusters", {"workload_components": WorkloadComponents({"production": Components({"warlock": pod("warlock", BEFORE)}, {})}, {})}, "in production warlock was not restarted"),
    "warlock of one": ("restarted-in-workload-clusters", {"workload_components": WorkloadComponents({"a": Components({"warlock": pod("warlock", BEFORE)}, {})}, {"b": "it does not answer"})}, "in a warlock was not restarted"),
    "cluster": ("clusters", {"clusters": [running("global"), running("production", "Failed")]}, "cluster production is Failed: no heartbeat"),
    "silent cluster": ("clusters", {"clusters": [running("global"), running("production", "")]}, "cluster production is (not said)"),
}  # fmt: skip


@pytest.mark.parametrize("step", UNDONE)
def test_a_step_that_was_left_undone_fails_alone(tmp_path: Path, step: str) -> None:
    requirement, changed, said = UNDONE[step]
    found = judged(tmp_path, **changed)
    assert found.with_outcome("failed", "broken") == {(f"failover.{requirement}", PAIR)}
    assert found.with_outcome("failed")
    assert said in found.said()


UNKNOWN = {
    "no Pod of Elasticsearch": ("elasticsearch-templates", {"elasticsearch": Elasticsearch(installed=True)}, "no running Pod"),
    "no credentials": ("elasticsearch-templates", {"elasticsearch": Elasticsearch(installed=True, answers=(ElasticsearchAnswer("es-0", 401),), problem="the Secret could not be read")}, "the Secret could not be read"),
    "Elasticsearch": ("elasticsearch-templates", {"elasticsearch": GONE}, "it does not answer"),
    "no history": ("consistent-before", {"last_consistency": LastConsistency()}, "no earlier run of stage dr is known"),
    "old history": ("consistent-before", {"last_consistency": LastConsistency("2026-11-19T11:00:00+00:00")}, "more than 24 hours before the switch"),
    "components": ("sync-removed restarted", {"components": GONE}, "it does not answer"),
    "no route": ("port-closed", {"etcd_ports": EtcdPorts({"192.0.2.10:2379": "failed"})}, "192.0.2.10:2379 (failed)"),
    "no VIP": ("port-closed", {"etcd_ports": EtcdPorts({"192.0.2.10:2379": "silent"}, (STANDBY,))}, "names no vip: of standby-global"),
    "unasked CoreDNS": ("dns", {"names": names(addresses=(), problem="exec was refused")}, "exec was refused"),
    "no CoreDNS": ("dns", {"names": Names((Lookup(DOMAIN, "", NEW),), (), DOMAIN)}, "no CoreDNS Pod was asked"),
    "names": ("dns", {"names": GONE}, "it does not answer"),
    "unknown CA": ("console", {"domain_served": DomainServed(DOMAIN, "198.51.100.10", 200)}, "which cluster answers at acp.example.com cannot be told"),
    "nothing to restart": ("restarted", {"components": Components({}, {})}, "nothing labelled service_name="),
    "no start": ("restarted", {"components": components(vmselect=pod("vmselect", ""))}, "do not say when they were started: vmselect-0"),
    "workload cluster": ("restarted-in-workload-clusters", {"workload_components": WorkloadComponents({}, {"production": "the kubeconfig is not there"})}, "workload cluster production: the kubeconfig is not there"),
    "no warlock": ("restarted-in-workload-clusters", {"workload_components": WorkloadComponents({"production": Components({}, {})}, {})}, "was found in production"),
    "no cluster": ("clusters", {"clusters": [running("production")]}, "there is no Cluster global"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_nobody_knows_is_broken_and_never_passed(tmp_path: Path, what: str) -> None:
    requirements, changed, said = UNKNOWN[what]
    found = judged(tmp_path, **changed)
    assert found.with_outcome("broken") == {(f"failover.{name}", PAIR) for name in requirements.split()}
    assert found.with_outcome("failed") == set()
    assert said in found.said()


def test_a_node_that_is_not_reached_hides_no_stale_server(tmp_path: Path) -> None:
    snapshot = switched_over(tmp_path, names=names(addresses=OLD))
    snapshot.of("node", "standby-global-m1").add({"resolved": GONE})
    found = pair_judged(snapshot, "failover.dns")
    assert found.with_outcome("failed")
    assert "coredns-b still gives" in found.said()
    unreached = switched_over(tmp_path)
    unreached.of("node", "standby-global-m1").add({"resolved": GONE})
    found = pair_judged(unreached, "failover.dns")
    assert found == {("failover.dns", PAIR): ("broken", "standby-global-m1: it does not answer")}


def test_what_was_found_counts_although_something_else_is_not_known(tmp_path: Path) -> None:
    found = judged(tmp_path, etcd_ports=EtcdPorts({"192.0.2.10:2379": "open"}, (STANDBY,)))
    assert found.with_outcome("failed") == {("failover.port-closed", PAIR)}


def test_what_is_not_installed_is_not_asked_for(tmp_path: Path) -> None:
    without = Components({"cluster-transformer": pod("cluster-transformer")}, {})
    found = judged(
        tmp_path,
        components=without,
        elasticsearch=Elasticsearch(installed=False),
        site={"dr": {"switched_at": SWITCHED}},
    )
    assert found["failover.restarted", PAIR] == ("passed", "")
    assert found.with_outcome("not_applicable") == {
        ("failover.elasticsearch-templates", PAIR),
        ("failover.restarted-in-workload-clusters", PAIR),
    }


def test_the_port_is_readiness_again_when_the_former_primary_stands_by(tmp_path: Path) -> None:
    ports = EtcdPorts({f"{VIPS[PRIMARY]}:2379": "open", f"{VIPS[STANDBY]}:2379": "open"})
    found = judged(tmp_path, etcd_ports=ports, primary_modules=[plugin("etcd-sync")])
    assert found["failover.port-closed", PAIR] == ("not_applicable", "former_primary is the new standby")


def test_none_of_it_is_asked_before_a_failover(tmp_path: Path) -> None:
    snapshot = switched_over(tmp_path)
    snapshot.site["site"]["dr"]["phase"] = "readiness"
    assert pair_judged(snapshot, *STEPS).with_outcome("not_applicable") == {(name, PAIR) for name in STEPS}


# --- the next step


def steps(**outcomes: str) -> list[Any]:
    return [
        verdict(
            f"dr.{name}", outcomes.get(name.removeprefix("failover.").replace("-", "_"), "passed"), message=f"do {name}"
        )
        for name in STEPS
    ]


def test_the_first_undone_step_is_the_next_one() -> None:
    found = next_step(steps(dns="failed", restarted="failed", elasticsearch_templates="not_applicable"))
    assert found is not None
    assert (found.requirement, found.message) == ("dr.failover.dns", "do failover.dns")


def test_a_step_of_which_nobody_knows_waits_for_those_that_are_undone() -> None:
    unknown = steps(consistent_before="broken", restarted="failed")
    assert (step := next_step(unknown))
    assert step.requirement == "dr.failover.restarted"
    assert (step := next_step(steps(consistent_before="broken")))
    assert step.requirement == "dr.failover.consistent-before"


def test_there_is_none_when_all_is_done_or_nothing_was_asked() -> None:
    assert next_step(steps(consistent_before="waived")) is None
    assert next_step([verdict("dr.sync.consistent", "failed")]) is None
