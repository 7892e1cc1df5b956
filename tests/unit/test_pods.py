"""Pods and AppReleases as an API server shows them: well, sick in every way, and odd."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform import appreleases
from acp_acceptance.model.platform.listing import require_whole
from acp_acceptance.model.platform.pods import PodReader, Pods, PodsOfNamespace, observe, restarting, sickness, unwell
from acp_acceptance.model.wording import in_english
from odd import with_odd_parts

TAKEN = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
PATIENCE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def state(name: str = "main", **fields: Any) -> dict[str, Any]:
    return {"name": name, "ready": True, "restartCount": 0, "state": {"running": {}}, **fields}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}, "ready": False}


def ended(code: int, reason: str = "Error", minutes_ago: float = 1) -> dict[str, Any]:
    finished = (TAKEN - timedelta(minutes=minutes_ago)).isoformat()
    return {"terminated": {"exitCode": code, "reason": reason, "finishedAt": finished}}


def pod(
    *states: dict[str, Any],
    phase: str = "Running",
    init: tuple[dict[str, Any], ...] = (),
    containers: int | None = None,
    metadata: dict[str, Any] | None = None,
    **status: Any,
) -> dict[str, Any]:
    """Give a Pod with these states of containers, running unless said."""
    states = states or ((state(),) if phase == "Running" else ())
    names = [item["name"] for item in states] or ["main"]
    names = names[:containers] if containers is not None else names
    return {
        "metadata": {
            "name": "pod",
            "namespace": "space",
            "creationTimestamp": "2026-11-21T11:00:00Z",
            **(metadata or {}),
        },
        "spec": {
            "nodeName": "node",
            "containers": [{"name": name} for name in names],
            "initContainers": [{"name": item["name"], **item.pop("spec", {})} for item in map(dict, init)],
        },
        "status": {
            "phase": phase,
            "containerStatuses": list(states),
            "initContainerStatuses": [{key: value for key, value in item.items() if key != "spec"} for item in init],
            **status,
        },
    }


def read(*raws: Any) -> PodsOfNamespace:
    reader = PodReader()
    for raw in raws:
        reader.take(raw)
    return reader.result("").items["space"]


def passed_over(raw: Any) -> bool:
    """Tell whether a glance at a Pod is all that it gets."""
    return PodReader().skim(json.dumps(raw).encode())


def said(raw: dict[str, Any]) -> str:
    """What is said of a Pod that is not well; empty for one that is."""
    return "; ".join(in_english(values["pod"]) for _, values in unwell(read(raw), TAKEN, PATIENCE))


DONE = {"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}

WELL: dict[str, dict[str, Any]] = {
    "running": pod(),
    "a finished Job's": pod(state(**DONE, ready=False), phase="Succeeded"),
    "after its init container": pod(init=(state("init", **DONE),)),
    "beside a sidecar": pod(init=(state("proxy", spec={"restartPolicy": "Always"}),)),
    "restarted once": pod(state(restartCount=1, lastState=ended(1))),
    "being deleted": pod(metadata={"deletionTimestamp": "2026-11-21T11:59:00Z"}),
}


def test_a_glance_is_enough_for_most_pods() -> None:
    assert passed_over(WELL["running"])
    assert passed_over(WELL["a finished Job's"])
    assert passed_over(WELL["after its init container"])
    assert passed_over(WELL["beside a sidecar"])
    assert not passed_over(WELL["restarted once"])
    assert not passed_over(WELL["being deleted"])


def test_a_glance_passes_over_no_pod_that_is_not_well() -> None:
    glanced = 0
    for whole in (*(raw for raw in WELL.values()), *(raw for raw, _ in SICK.values())):
        for odd in with_odd_parts(whole):
            if passed_over(odd):
                glanced += 1
                assert not sickness(observe(odd), TAKEN, PATIENCE), odd
    assert glanced > len(WELL)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b'{"metadata": {}}', b"\xff", b"[" * 100_000])
def test_what_is_no_pod_is_not_passed_over(content: bytes) -> None:
    assert not PodReader().skim(content)


@pytest.mark.parametrize("case", WELL)
def test_a_pod_that_is_well_is_not_named(case: str) -> None:
    assert said(WELL[case]) == ""


SICK: dict[str, tuple[dict[str, Any], str]] = {
    "crashes": (
        pod(state(**waiting("CrashLoopBackOff", "back-off 5m0s"), restartCount=7, lastState=ended(137, "OOMKilled"))),
        "pod CrashLoopBackOff, since 2026-11-21 11:00 UTC, back-off 5m0s, main last ended with OOMKilled (137), 7 restarts",
    ),
    "has no image": (
        pod(state(**waiting("ImagePullBackOff", "no such image")), phase="Pending"),
        "pod ImagePullBackOff",
    ),
    "cannot initialise": (
        pod(state(**waiting("PodInitializing")), init=(state("init", **waiting("CrashLoopBackOff")),), phase="Pending"),
        "pod Init:CrashLoopBackOff",
    ),
    "initialises for ever": (
        pod(state(**waiting("PodInitializing")), init=(state("init"),), phase="Pending"),
        "pod Init:running",
    ),
    "has a sidecar that is not ready": (
        pod(init=(state("proxy", ready=False, spec={"restartPolicy": "Always"}),)),
        "pod Init:not ready",
    ),
    "is not ready, as 0/1 Running": (pod(state(ready=False)), "pod not ready"),
    "is evicted": (pod(phase="Failed", reason="Evicted", message="low on memory"), "pod Evicted"),
    "has failed": (pod(state(state=ended(3)), phase="Failed"), "pod exit code 3"),
    "ran out of memory": (pod(state(state=ended(137, "OOMKilled")), phase="Failed"), "pod OOMKilled"),
    "finds no node": (
        pod(
            phase="Pending",
            conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}],
        ),
        "pod Pending: Unschedulable: 0/3 nodes",
    ),
    "is on a node that was lost": (
        pod(conditions=[{"type": "Ready", "status": "False", "reason": "NodeLost"}]),
        "pod not ready (NodeLost)",
    ),
    "is stuck, as 1/1 Terminating": (pod(metadata={"deletionTimestamp": "2026-11-21T11:50:00Z"}), "pod Terminating"),
    "is on a lost node": (pod(phase="Unknown"), "pod not started"),
    "has ended though it is to stay": (pod(state(**{**DONE, "ready": False})), "pod Completed"),
    "has no status": ({"metadata": {"name": "pod", "namespace": "space"}}, "pod no phase"),
    "has an odd status": ({"metadata": {"name": "pod", "namespace": "space"}, "status": "fine"}, "pod no phase"),
    "has an odd list": (
        {**pod(), "status": {"phase": "Running", "containerStatuses": {"ready": True}}},
        "pod not started",
    ),
    "says it runs, with a container too few": (
        {
            **pod(),
            "spec": {"containers": [{"name": "main"}, {"name": "other"}]},
        },
        "pod not started",
    ),
    "has markup and escape codes": (
        pod(state(**waiting("Crash\x1b[31m<b>", "\x1b]0;x\x07"))),
        "pod Crash\\x1b[31m<b>",
    ),
}


@pytest.mark.parametrize("case", SICK)
def test_a_pod_that_is_not_well_is_named_with_what_is_wrong(case: str) -> None:
    raw, wanted = SICK[case]
    assert said(raw).startswith(wanted), said(raw)


def test_well_ones_are_only_counted() -> None:
    found = read(pod(), pod(), pod(state(**DONE), phase="Succeeded"), pod(phase="Failed"))
    assert (found.total, found.phases, len(found.suspects)) == (4, {"Running": 2, "Succeeded": 1, "Failed": 1}, 1)


def test_very_many_sick_ones_are_counted() -> None:
    found = read(*(pod(phase="Failed") for _ in range(700)))
    faults = list(unwell(found, TAKEN, PATIENCE))
    assert (len(found.suspects), faults[-1]) == (500, ("more", {"count": 200, "namespace": "space"}))


@pytest.mark.parametrize(
    ("restarts", "minutes", "named"), [(4, 10, True), (3, 10, False), (4, 70, False), (99, 59, True)]
)
def test_restarts_count_when_they_are_many_and_recent(restarts: int, minutes: float, *, named: bool) -> None:
    found = read(pod(state(restartCount=restarts, lastState=ended(1, minutes_ago=minutes))))
    faults = list(restarting(found, TAKEN, HOUR, 3))
    assert [values["count"] for _, values in faults] == ([restarts] if named else [])


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({"running": {"startedAt": "2026-11-21T11:50:00Z"}}, True),
        ({"running": {"startedAt": "2026-11-21T10:50:00Z"}}, False),
        # Nobody says when: it may have been just now.
        ({"running": {}}, True),
        ({"waiting": {}}, True),
    ],
)
def test_restarts_count_from_when_it_began_where_the_time_before_is_not_known(
    now: dict[str, Any], *, named: bool
) -> None:
    found = read(pod(state(restartCount=4, state=now)))
    faults = list(restarting(found, TAKEN, HOUR, 3))
    assert [sentence for sentence, _ in faults] == (["restarts_untold"] if named else [])


def test_a_listing_that_is_not_whole_says_so() -> None:
    require_whole(Pods({}))
    with pytest.raises(CollectionError, match="not everything could be listed: after 500 objects: it broke off"):
        require_whole(Pods({}, "after 500 objects: it broke off"))


# --- AppReleases


def release(**fields: Any) -> dict[str, Any]:
    good = [{"type": name, "status": "True", "reason": name} for name in ("Validate", "Sync", "Health")]
    status = {"observedGeneration": 2, "version": "v4.2.0", "conditions": good, **fields.pop("status", {})}
    return {"metadata": {"name": "sentry", "namespace": "cpaas-system", "generation": 2}, "status": status, **fields}


def conditions(**statuses: str) -> dict[str, Any]:
    return {
        "conditions": [
            {"type": name, "status": status, "reason": "Why", "message": "because"} for name, status in statuses.items()
        ]
    }


RELEASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "healthy": (release(), []),
    "not validated yet, which the platform does not ask": (release(status=conditions(Sync="True", Health="True")), []),
    "refused": (release(status=conditions(Validate="False", Sync="True", Health="True")), ["refused"]),
    "not ready": (release(status=conditions(Validate="True", Sync="True", Health="False")), ["not_ready"]),
    "not synchronised": (release(status=conditions(Sync="False", Health="True")), ["not_ready"]),
    "without Health": (release(status=conditions(Sync="True")), ["reconciling"]),
    "unknown": (release(status=conditions(Sync="True", Health="Unknown")), ["reconciling"]),
    "of an old generation": (release(status={"observedGeneration": 1}), ["reconciling"]),
    "without a status": (release(status={"observedGeneration": None, "conditions": None}), ["reconciling"] * 3),
    "odd": (release(status={"observedGeneration": "2", "conditions": "all good"}), ["reconciling"] * 3),
    "with a condition that says nothing": (
        release(status={"conditions": [{"type": "Sync"}, "x", {"type": "Health", "status": True}]}),
        ["reconciling"] * 2,
    ),
}


@pytest.mark.parametrize("case", RELEASES)
def test_an_apprelease_is_judged_by_its_status(case: str) -> None:
    raw, wanted = RELEASES[case]
    assert [sentence for sentence, _ in appreleases.unhealthy(appreleases.observe(raw))] == wanted


def test_values_of_charts_are_never_kept() -> None:
    chart = {
        "phase": "Done",
        "values": {"password": "planted"},
        "renderedValues": "planted",
        "message": "token=planted",
    }
    found = appreleases.observe(release(status={"charts": {"acp/chart-sentry": chart}}))
    assert found.charts[0].phase == "Done"
    assert "planted" not in repr(found)
