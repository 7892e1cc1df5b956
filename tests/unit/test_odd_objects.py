"""Objects that an API lists: odd and hostile ones harm nothing, and what is on its way is waited for."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.resources import LISTINGS
from acp_acceptance.collect.platform.resources import read as read_listing
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import PlatformFacts, cluster_services, items_of, nodes, resources
from acp_acceptance.model.platform.isolation import IsolationMarks, foreign, unmarked
from acp_acceptance.model.platform.settling import unsettled
from odd import with_odd_parts
from platform_objects import (
    APP_RELEASES,
    CLUSTERS,
    DEPLOYMENTS,
    HOSTILE,
    JOBS,
    MACHINES,
    NODES,
    PODS,
    VERSION_SHADOWS,
    RecordedApi,
    deployment,
    healthy_objects,
    job,
    named,
    node,
    read_platform,
    says,
)

TAKEN = datetime(2026, 11, 21, tzinfo=timezone.utc)


def judged(facts: PlatformFacts) -> str:
    """Judge everything that is judged of these objects, and give what is said; only CollectionError may be raised."""
    said: list[str] = unsettled(facts, TAKEN)
    wanted = "kube-system/kube-ovn-cni"
    predicates = (
        lambda: cluster_services.unbound(facts.claims, facts.storage_classes),
        lambda: cluster_services.unavailable(facts.api_services),
        lambda: cluster_services.undecided(facts.signing_requests),
        lambda: cluster_services.unserved(facts.webhooks, facts.service_backends),
        lambda: cluster_services.not_everywhere(facts.daemon_sets, facts.nodes, wanted),
        lambda: unmarked(facts.nodes, IsolationMarks((), {"kubernetes.io/arch": "amd64"})),
        lambda: foreign(facts.pods, ["cpaas-*"]),
        lambda: resources.modules_named(facts.module_infos, ["product-docs"], "Product Docs"),
    )
    for predicate in predicates:
        try:
            said.append(str([*predicate()]))
        except CollectionError as error:  # noqa: PERF203 - eight times
            said.append(str(error))
    for kind in ("workload", "platform-node", "resource"):
        for name, item in items_of(facts, kind).items():
            said.append(f"{name}: {item}")
            if isinstance(item, resources.Resource):
                said += [str(fault) for fault in resources.unhealthy(item)]
            if isinstance(item, nodes.PlatformNode):
                said += [str(fault) for fault in (*nodes.unready(item), *nodes.other_kubelet(item, facts.nodes))]
    return "\n".join(said)


@pytest.mark.parametrize("path", list(healthy_objects()))
def test_odd_objects_are_read_and_judged_without_a_crash(path: str) -> None:
    healthy = read_platform()
    (listing,) = [item for item in LISTINGS if path in item.paths]
    for item in healthy_objects()[path][:1]:
        for odd in with_odd_parts(item):
            api: Any = RecordedApi({**healthy_objects(), path: [odd]})
            facts = healthy.having({listing.fact: read_listing(api, listing)})
            judged(facts)
            json.dumps(facts.to_json())


@pytest.mark.parametrize("path", list(healthy_objects()))
def test_what_a_cluster_says_is_shown_as_text_and_without_secrets(path: str) -> None:
    def hostile(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: hostile(value) for key, value in item.items()} | {"message": HOSTILE, "reason": HOSTILE}
        if isinstance(item, list):
            return [hostile(value) for value in item]
        return HOSTILE if isinstance(item, str) else item

    facts = read_platform(**{path: [hostile(item) for item in healthy_objects()[path]]})
    text = judged(facts) + json.dumps(facts.to_json(), ensure_ascii=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "hunter2" not in text


def test_a_snapshot_holds_the_facts_as_they_were_read() -> None:
    facts = read_platform()
    again = PlatformFacts.from_json("global", json.loads(json.dumps(facts.to_json())))
    for listing in LISTINGS:
        fact = PlatformFacts.declared()[listing.fact]
        assert again.measured(fact) == facts.measured(fact)


def test_passwords_of_machines_and_settings_of_modules_are_not_kept() -> None:
    assert "hunter2" not in json.dumps(read_platform().to_json())


def test_a_healthy_platform_is_settled() -> None:
    assert unsettled(read_platform(), TAKEN) == []


@pytest.mark.parametrize(
    ("path", "listed", "said"),
    [
        (APP_RELEASES, [named("x", "cpaas-system")], "AppRelease cpaas-system/x: generation None of 1 is observed"),
        (APP_RELEASES, [], "AppReleases: there is none yet"),
        (PODS, [named("p", "x", status={"phase": "Pending"})], "x: Pod p Pending"),
        (DEPLOYMENTS, [deployment(readyReplicas=0)], "Deployments: cpaas-system/sentry: 0 of 1 Pods are ready"),
        (DEPLOYMENTS, [], "Deployments: no Deployments were listed"),
        (NODES, [named("n", status={"conditions": [says("Ready", "False")]})], "node n: Ready is False: Because"),
        (MACHINES, [], "Machine: it is not there yet"),
        (MACHINES, [named("m", status={"phase": "Initializing"})], "Machine/m: phase Initializing"),
        (CLUSTERS, ApiError("absent", "not known"), "clusters: the server knows no Cluster"),
        (NODES, ApiError("unreachable", "no answer"), "nodes: no answer"),
    ],
)
def test_what_is_on_its_way_is_told(path: str, listed: Any, said: str) -> None:
    lines = unsettled(read_platform(**{path: listed}), TAKEN)
    assert [line for line in lines if line.startswith(said)], lines


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        (JOBS, [job("setup", says("Failed", "True"))]),
        (NODES, ApiError("forbidden", "no right")),
        (VERSION_SHADOWS, ApiError("absent", "not of this release")),
        (
            NODES,
            [{**node(f"cp-{number}", f"192.0.2.{number}"), "spec": {"unschedulable": True}} for number in (1, 2, 3)],
        ),
    ],
)
def test_what_does_not_end_by_itself_is_not_waited_for(path: str, listed: Any) -> None:
    assert unsettled(read_platform(**{path: listed}), TAKEN) == []


def test_a_pod_that_is_going_is_waited_for_after_its_grace_period() -> None:
    going = copy.deepcopy(healthy_objects()[PODS][0])
    going["metadata"]["deletionTimestamp"] = TAKEN.isoformat()
    assert unsettled(read_platform(**{PODS: [going]}), TAKEN - timedelta(seconds=1)) == []
    assert unsettled(read_platform(**{PODS: [going]}), TAKEN + timedelta(seconds=1)) != []
