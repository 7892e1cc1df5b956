"""What sick Pods say of themselves: their last warning, and the last lines of the container that is at fault."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.pods import Pods, at_fault, sickness
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.model.platform.pods import Container, Pod

_MOST = 40
_MOST_OF_NAMESPACE = 10
_AT_ONCE = 8
_LINES = 5
_LINE = 300
_BYTES = 2**14
_GOOD = 200


def with_words(api: Api, pods: Pods, now: datetime | None = None) -> Pods:
    """Give the Pods with what the sick ones among them say; of many only the first are asked.

    What one of them does not say, or may not be asked for, is left empty: it is no fault of the Pod.
    """
    at = now or datetime.now(timezone.utc)
    asked = [
        (namespace, pod)
        for namespace, listed in pods.items.items()
        for pod in [pod for pod in listed.suspects if sickness(pod, at, timedelta())][:_MOST_OF_NAMESPACE]
    ][:_MOST]
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sick-pods") as pool:
        told = dict(
            zip(
                ((namespace, pod.name) for namespace, pod in asked),
                pool.map(lambda item: _asked(api, *item), asked),
                strict=True,
            )
        )
    return replace(
        pods,
        items={
            namespace: replace(listed, suspects=tuple(told.get((namespace, pod.name), pod) for pod in listed.suspects))
            for namespace, listed in pods.items.items()
        },
    )


def _asked(api: Api, namespace: str, pod: Pod) -> Pod:
    return replace(pod, event=_last_warning(api, namespace, pod), log=_last_lines(api, namespace, pod))


def _last_warning(api: Api, namespace: str, pod: Pod) -> str:
    selector = f"involvedObject.kind=Pod,involvedObject.name={pod.name},type=Warning"
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/events"
    try:
        last = max(api.items(path, fieldSelector=selector), key=_time_of, default=None)
    except ApiError:
        return ""
    if last is None:
        return ""
    return f"{raw.text(last, 'reason', limit=80)}: {raw.text(last, 'message', limit=_LINE)}"


def _time_of(event: Mapping[str, object]) -> datetime:
    times = (raw.time(event, *way) for way in (("lastTimestamp",), ("series", "lastObservedTime"), ("eventTime",)))
    return max(filter(None, times), default=datetime.fromtimestamp(0, timezone.utc))


def _last_lines(api: Api, namespace: str, pod: Pod) -> tuple[str, ...]:
    container = at_fault(pod)
    if container is None or not (container.state in {"running", "terminated"} or container.last_reason):
        return ()
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod.name, safe='')}/log"
    query = {"container": container.name, "tailLines": str(_LINES), "limitBytes": str(_BYTES)}
    if _crashed(container):
        query["previous"] = "true"
    try:
        status, text = api.text(path, limit=_BYTES, **query)
    except ApiError:
        return ()
    if status != _GOOD:
        return ()
    return tuple(printable(line, limit=_LINE) for line in text.splitlines() if line.strip())[-_LINES:]


def _crashed(container: Container) -> bool:
    """Tell whether what it said before it ended is in the log of the time before: it waits to be started again."""
    return container.state == "waiting" and bool(container.last_reason)
