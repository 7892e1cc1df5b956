"""What a failover starts again: Pods by their label ``service_name``, whether Elasticsearch lets the platform in."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.streams import ask_port
from acp_acceptance.model.pair.components import Components, StartedPod
from acp_acceptance.model.pair.elasticsearch import Elasticsearch, ElasticsearchAnswer
from acp_acceptance.model.pair.failover import SYNCHRONISER
from acp_acceptance.model.platform import raw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.pair.subjects import Side
    from acp_acceptance.collect.platform.api import Api

ELASTICSEARCH = "cpaas-elasticsearch"
_NAMESPACE = "cpaas-system"
_LABEL = "service_name"
_MOST_PODS = 500
_MOST_ASKED = 9
_WORKLOADS = ("deployments", "statefulsets")
_HEALTH = "/_cluster/health"
_PORT = 9200
_TLS_SECONDS = 10.0
# The platform's documentation of its log storage names this Secret and its fields.
_CREDENTIALS = "elasticsearch-basic-auth"
_NO_CREDENTIALS = (
    f"Elasticsearch asks who asks, and Secret {_NAMESPACE}/{_CREDENTIALS} with the platform's user could not be read: "
)


def components(side: Side) -> dict[str, object]:
    """List what a failover is about on one side."""
    return {"components": components_of(side.api)}


def components_of(api: Api) -> Components:
    """List Pods with a ``service_name`` and what makes them, and the synchroniser's Pods.

    Raises:
        ApiError: they could not be listed.
    """
    pods: dict[str, list[StartedPod]] = {}
    for pod in _pods(api, _LABEL):
        pods.setdefault(_labelled(pod, "metadata"), []).append(_started(pod))
    workloads: dict[str, list[str]] = {}
    for kind in _WORKLOADS:
        for item in api.items(f"/apis/apps/v1/namespaces/{_NAMESPACE}/{kind}"):
            # What was scaled to nothing on purpose is not in use.
            if raw.at(item, "spec", "replicas") != 0 and (name := _labelled(item, "spec", "template", "metadata")):
                workloads.setdefault(name, []).append(f"{kind}/{raw.text(item, 'metadata', 'name')}")
    left = [raw.text(pod, "metadata", "name") for pod in _pods(api, f"app={SYNCHRONISER}")]
    return Components(
        {name: tuple(found[:_MOST_PODS]) for name, found in pods.items()},
        {name: tuple(found[:_MOST_PODS]) for name, found in workloads.items()},
        tuple(left[:_MOST_PODS]),
    )


def _pods(api: Api, selector: str) -> list[Mapping[str, Any]]:
    found = api.items(f"/api/v1/namespaces/{_NAMESPACE}/pods", labelSelector=selector)
    # What has ended is nobody's service.
    return [pod for pod in found if raw.text(pod, "status", "phase") not in {"Succeeded", "Failed"}]


def _labelled(item: object, *path: str) -> str:
    return raw.text(raw.mapping(item, *path, "labels"), _LABEL, limit=100)


def _started(pod: Mapping[str, Any]) -> StartedPod:
    created = raw.time(pod, "metadata", "creationTimestamp")
    states = raw.items(pod, "status", "containerStatuses")
    ready = bool(states) and all(raw.flag(item, "ready") is True for item in states)
    leaving = raw.at(pod, "metadata", "deletionTimestamp") is not None
    return StartedPod(
        raw.text(pod, "metadata", "name"), created.isoformat() if created else "", ready=ready and not leaving
    )


def elasticsearch(side: Side) -> dict[str, object]:
    """Ask each Pod of Elasticsearch how its cluster is, as the platform's own user."""
    found = components_of(side.api)
    if not found.has(ELASTICSEARCH):
        return {"elasticsearch": Elasticsearch(installed=False)}
    headers, problem = _credentials(side.api)
    running = [
        pod
        for pod in _pods(side.api, f"{_LABEL}={ELASTICSEARCH}")
        if raw.text(pod, "status", "phase") == "Running" and raw.at(pod, "metadata", "deletionTimestamp") is None
    ]
    answers = tuple(_asked(side, pod, headers) for pod in running[:_MOST_ASKED])
    return {"elasticsearch": Elasticsearch(installed=True, answers=answers, problem=problem)}


def _credentials(api: Api) -> tuple[dict[str, str], str]:
    """Give the header by which the platform's user is known, or why there is none; it is kept nowhere."""
    try:
        data = raw.mapping(api.get(f"/api/v1/namespaces/{_NAMESPACE}/secrets/{_CREDENTIALS}"), "data")
        user, password = (base64.b64decode(data[name], validate=True) for name in ("username", "password"))
    except ApiError as error:
        return {}, f"{_NO_CREDENTIALS}{error.reason}"
    except (KeyError, TypeError, binascii.Error):
        return {}, f"{_NO_CREDENTIALS}it holds no username and password"
    return {"Authorization": f"Basic {base64.b64encode(user + b':' + password).decode()}"}, ""


def _asked(side: Side, pod: Mapping[str, Any], headers: Mapping[str, str]) -> ElasticsearchAnswer:
    name, port = raw.text(pod, "metadata", "name"), _port_of(pod)
    failure = ""
    for secured in (True, False):
        try:
            # A port that speaks no TLS may wait for more of what it takes for a request.
            seconds = min(side.deadline, _TLS_SECONDS) if secured else side.deadline
            where = (side.api.access, _NAMESPACE, name, port, _HEALTH, seconds)
            # In plain text only where the port speaks no TLS; it goes through the API server's own TLS all the same.
            status, body = ask_port(*where, headers, secured=secured)
        except ApiError as error:
            failure = error.reason
            continue
        return ElasticsearchAnswer(name, status, health=_health(body))
    return ElasticsearchAnswer(name, None, failure=failure)


def _port_of(pod: Mapping[str, Any]) -> int:
    """Give the port of its HTTP interface: the one called so, or the usual one."""
    for container in raw.items(pod, "spec", "containers"):
        for port in raw.items(container, "ports"):
            if raw.text(port, "name") == "http" and (number := raw.number(port, "containerPort")):
                return number
    return _PORT


def _health(body: bytes) -> str:
    try:
        return raw.text(from_json(body), "status", limit=20)
    except ValueError:
        return ""
