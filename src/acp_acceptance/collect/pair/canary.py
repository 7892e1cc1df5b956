"""How long the standby takes to follow, by an object of the suite's own on the primary (``--acp-active``).

The object is a ConfigMap in a namespace that is there and is synchronised. The suite makes no namespace: the
controllers of each side would fill it with objects of their own, and work on both sides when it is deleted. The
ConfigMap is called and labelled as the suite's, holds one word, and is removed in the end, also after Ctrl-C; what
earlier runs left behind is removed, too. Nothing is ever written to the standby.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.util import Timeout

from acp_acceptance.collect.pair.consistency import refuse_after_failover, release_values
from acp_acceptance.collect.platform.api import METADATA_LIST
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.lag import OPERATIONS, Lag
from acp_acceptance.model.platform import raw
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from acp_acceptance.collect.pair.subjects import Both
    from acp_acceptance.collect.platform.access import Access
    from acp_acceptance.collect.platform.api import Api

LABEL = "acp-acceptance/canary"
NAME = "acp-acceptance-canary"
_MANAGER = "acp-acceptance"
_LOOK = 0.02
"""Seconds between two looks at the standby."""

_LEFT_OVER = timedelta(minutes=10)
"""No run's canary lives that long: an older one was left behind, a younger one is another run's."""

_GOOD, _GONE = 300, 404
_ANSWER_LIMIT = 2**20


def lag(both: Both) -> dict[str, object]:
    """Make, change and remove a canary some times, and measure when the standby shows each."""
    refuse_after_failover(both)
    inventory = both.primary.inventory
    values, scope = release_values(both, "dr.sync.lag"), release_values(both)
    plan = inventory.site.dr
    assert plan is not None
    namespace = plan.canary_namespace
    if namespace in scope["namespaces"]:
        raise CollectionError(
            f"namespace {namespace} is not synchronised; name another as dr.canary_namespace", kind="unsaid"
        )
    for side in both.sides:
        _require_namespace(side.api, namespace, side.cluster.name)
    writer = Writer(both.primary.api.access, f"/api/v1/namespaces/{namespace}/configmaps", both.deadline)
    measuring = Measuring(writer, both.primary.api, both.standby.api, namespace, values["wait_seconds"])
    return {"lag": measuring.measure(values["rounds"])}


def _require_namespace(api: Api, namespace: str, cluster: str) -> None:
    try:
        found = api.get(f"/api/v1/namespaces/{namespace}")
    except ApiError as error:
        if error.kind != "absent":
            raise
        raise CollectionError(
            f"{cluster} has no namespace {namespace} for the canary; make it on the primary "
            f"(kubectl create namespace {namespace}), or name another as dr.canary_namespace",
            kind="absent",
        ) from error
    if raw.text(found, "status", "phase") == "Terminating":
        raise CollectionError(f"namespace {namespace} of {cluster} is being deleted", kind="too-early")


class Writer:
    """Writes objects of one collection of the primary, and no others.

    Args:
        access: to the API.
        collection: its path.
        seconds: for each answer.
    """

    def __init__(self, access: Access, collection: str, seconds: float) -> None:
        self._access, self._collection, self._seconds = access, collection, seconds

    def create(self, document: dict[str, Any]) -> dict[str, Any]:
        """Make an object."""
        return self._ask("POST", "", document)

    def change(self, name: str, document: dict[str, Any]) -> dict[str, Any]:
        """Change an object."""
        return self._ask("PATCH", f"/{name}", document, "application/merge-patch+json")

    def delete(self, name: str) -> None:
        """Remove an object; it need not be there."""
        with suppress(_GoneError):
            self._ask("DELETE", f"/{name}", {})

    def _ask(self, verb: str, where: str, document: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
        headers = {"Accept": "application/json", "Content-Type": kind}
        parameters: list[tuple[str, str]] = []
        path = f"{self._collection}{where}"
        self._access.client.update_params_for_auth(headers, parameters, ["BearerToken"], path, verb, None)
        try:
            response = self._access.client.rest_client.pool_manager.request(
                verb,
                f"{self._access.client.configuration.host.rstrip('/')}{path}",
                fields=None,
                headers=headers,
                body=json.dumps(document).encode(),
                # Asking twice could make two changes, and would spoil the time.
                retries=False,
                timeout=Timeout(total=self._seconds),
                redirect=False,
                preload_content=False,
            )
            body = response.read(_ANSWER_LIMIT)
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise ApiError("unreachable", f"the primary does not answer: {printable(str(error))}") from error
        return self._answer(verb, response.status, body)

    def _answer(self, verb: str, status: int, body: bytes) -> dict[str, Any]:
        try:
            found = json.loads(body)
        except ValueError:
            found = {}
        if status == _GONE:
            raise _GoneError("absent", raw.text(found, "message") or "it is not there")
        if status >= _GOOD:
            right = "; give this user that right (deploy/rbac-canary.yaml)" if status == 403 else ""  # noqa: PLR2004 - HTTP
            said = raw.text(found, "message") or f"status {status}"
            raise ApiError("forbidden" if right else "server", f"the primary refuses to {verb.lower()}: {said}{right}")
        return found if isinstance(found, dict) else {}


class _GoneError(ApiError):
    """What was asked for is not there."""


class Measuring:
    """One measurement.

    Args:
        writer: of ConfigMaps on the primary.
        primary: its API, for reading.
        standby: likewise.
        namespace: of the canary.
        wait: seconds that the standby is given for each.
    """

    def __init__(self, writer: Writer, primary: Api, standby: Api, namespace: str, wait: float) -> None:
        self._writer, self._primary, self._standby = writer, primary, standby
        self._collection = f"/api/v1/namespaces/{namespace}/configmaps"
        self._namespace, self._wait = namespace, wait
        self._milliseconds: dict[str, list[float]] = {name: [] for name in OPERATIONS}
        self._lost = dict.fromkeys(OPERATIONS, 0)
        self._resolution = 0.0
        self._made: set[str] = set()
        self._now: datetime | None = None

    def measure(self, rounds: int) -> Lag:
        """Measure some rounds; the canary is removed in any case."""
        stopped, removed = "", 0
        try:
            for number in range(rounds):
                with self._canary() as name:
                    self._round(name)
                if number == 0:
                    removed = self._remove_left_over()
                if any(self._lost.values()):
                    # What did not come once is not waited for again.
                    break
        except ApiError as error:
            stopped = error.reason
        return Lag(
            self._namespace,
            {name: tuple(times) for name, times in self._milliseconds.items()},
            {name: count for name, count in self._lost.items() if count},
            float(self._wait),
            round(self._resolution, 1),
            removed,
            tuple(f"{self._collection}/{name}" for name in sorted(self._made)),
            stopped,
        )

    @contextmanager
    def _canary(self) -> Iterator[str]:
        """Give a name, and see to it that no object of that name stays, whatever happens."""
        name = f"{NAME}-{secrets.token_hex(4)}"
        self._made.add(name)
        try:
            yield name
        finally:
            with suppress(ApiError):
                self._writer.delete(name)
                self._made.discard(name)

    def _round(self, name: str) -> None:
        labels = {LABEL: "true", "app.kubernetes.io/managed-by": _MANAGER}
        document = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}}
        steps: tuple[tuple[str, Callable[[], object], Callable[[dict[str, Any] | None], bool]], ...] = (
            (
                "create",
                lambda: self._create({**document, "data": {"round": "made"}}),
                lambda found: found is not None,
            ),
            (
                "change",
                lambda: self._writer.change(name, {"data": {"round": "changed"}}),
                lambda found: raw.text(found, "data", "round") == "changed",
            ),
            ("delete", lambda: self._writer.delete(name), lambda found: found is None),
        )
        for operation, do, shown in steps:
            begun = time.monotonic()
            do()
            if operation == "delete":
                self._made.discard(name)
            self._wait_for(operation, name, shown, begun)

    def _create(self, document: dict[str, Any]) -> None:
        self._now = raw.time(self._writer.create(document), "metadata", "creationTimestamp")

    def _wait_for(
        self, operation: str, name: str, shown: Callable[[dict[str, Any] | None], bool], begun: float
    ) -> None:
        """Look at the standby until it shows something.

        The time begins when the primary was asked for it, so that the lag is never said too short.
        """
        last = time.monotonic()
        while True:
            found = self._look(name)
            now = time.monotonic()
            self._resolution = max(self._resolution, (now - last) * 1000)
            last = now
            if shown(found):
                self._milliseconds[operation].append(round((now - begun) * 1000, 3))
                return
            if now - begun > self._wait:
                self._lost[operation] += 1
                return
            time.sleep(_LOOK)

    def _look(self, name: str) -> dict[str, Any] | None:
        try:
            return self._standby.get(f"{self._collection}/{name}")
        except ApiError as error:
            if error.kind != "absent":
                raise
            return None

    def _remove_left_over(self) -> int:
        """Remove canaries that earlier runs left; their age is told by the clock of the server, which made ours."""
        removed = 0
        for found in self._primary.items(self._collection, accept=METADATA_LIST, labelSelector=f"{LABEL}=true"):
            made, name = raw.time(found, "metadata", "creationTimestamp"), raw.text(found, "metadata", "name")
            if name.startswith(f"{NAME}-") and made and self._now and self._now - made > _LEFT_OVER:
                self._writer.delete(name)
                removed += 1
        return removed
