"""What sick Pods say of themselves, read from the API."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from acp_acceptance.collect.platform.sick_pods import with_words
from acp_acceptance.model.platform.pods import Container, Pod, Pods, PodsOfNamespace, sickness, told
from acp_acceptance.model.wording import in_english
from cluster_api import ClusterApi, listing

NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
CRASHING = Container(
    "main", state="waiting", reason="CrashLoopBackOff", restarts=7, last_reason="Error", last_exit_code=1
)
SIDECAR = Container("sidecar", ready=True, state="running")


def pods(*suspects: Pod, namespace: str = "ns") -> Pods:
    return Pods({namespace: PodsOfNamespace(namespace, len(suspects), {"Running": len(suspects)}, suspects)})


def event(message: str, time: str, **more: Any) -> dict[str, Any]:
    return {"reason": "BackOff", "message": message, "lastTimestamp": time, **more}


EVENTS = listing(
    event("older", "2026-11-20T10:00:00Z"),
    event("newest password=hush", "2026-11-20T12:00:00Z"),
    event("odd", "no time", eventTime=5),
)
SELECTOR = "/api/v1/namespaces/ns/events?fieldSelector=involvedObject.kind=Pod,involvedObject.name=sick,type=Warning"
DOCUMENTS = {
    SELECTOR: EVENTS,
    "/api/v1/namespaces/ns/pods/sick/log": "starting\n\x1b[31mtoken: hush-hush\nfatal: no database\n",
}


def asked_for(pod: Pod, documents: dict[str, Any] | None = None) -> tuple[Pod, list[str]]:
    server = ClusterApi(DOCUMENTS if documents is None else documents)
    with server.running() as api:
        found = with_words(api, pods(pod), NOW)
    return found.items["ns"].suspects[0], server.asked


def test_a_crashing_pod_says_its_last_warning_and_the_last_lines_of_the_time_before() -> None:
    found, asked = asked_for(Pod("sick", "Running", containers=(SIDECAR, CRASHING)))
    assert found.event == "BackOff: newest password=[redacted]"
    assert found.log == ("starting", "\\x1b[31mtoken: [redacted]", "fatal: no database")
    (log,) = [parse_qs(urlsplit(path).query) for path in asked if "/log" in path]
    assert (log["container"], log["previous"], log["tailLines"]) == (["main"], ["true"], ["5"])
    assert in_english(told(found, sickness(found, NOW, NOW - NOW))).endswith(
        "7 restarts, last event: BackOff: newest password=[redacted], last log line: fatal: no database"
    )


@pytest.mark.parametrize(
    ("container", "previous"),
    [(Container("main", state="running"), False), (Container("main", state="terminated", exit_code=3), False)],
)
def test_a_container_that_still_has_a_log_is_asked_for_that(container: Container, *, previous: bool) -> None:
    found, asked = asked_for(Pod("sick", "Running", containers=(container,)))
    assert found.log
    assert any("previous" in path for path in asked) is previous


def test_a_container_that_never_ran_has_no_log() -> None:
    waiting = Container("main", state="waiting", reason="ImagePullBackOff")
    found, asked = asked_for(Pod("sick", "Pending", containers=(waiting,)))
    assert found.event
    assert not [path for path in asked if "/log" in path]


@pytest.mark.parametrize("answer", [403, 404, "not json"])
def test_what_a_pod_may_not_be_asked_for_is_left_empty(answer: object) -> None:
    pod = Pod("sick", "Running", containers=(CRASHING,))
    assert asked_for(pod, {SELECTOR: answer, "/api/v1/namespaces/ns/pods/sick/log": 403})[0] == pod


def test_pods_that_are_well_are_not_asked() -> None:
    restarted = Pod("fine", "Running", containers=(Container("main", ready=True, state="running", restarts=9),))
    assert asked_for(restarted) == (restarted, [])


def test_of_many_sick_pods_only_some_are_asked() -> None:
    many = [Pod(f"sick-{number}", "Running", containers=(CRASHING,)) for number in range(30)]
    server = ClusterApi()
    listed = Pods({f"ns-{number}": pods(*many).items["ns"] for number in range(20)})
    with server.running() as api:
        found = with_words(api, listed, NOW)
    assert found == listed
    assert len(server.asked) == 2 * 40
