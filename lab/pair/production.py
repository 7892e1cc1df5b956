"""A workload cluster that sends its monitoring data to the primary: an API server whose Pods are told, not run."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from lab.control_plane import ApiServer
from lab.pair.contents import WORKLOAD_CLUSTER
from lab.platform.api import Api, Reference
from lab.platform.site import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

_WARLOCK = Reference("v1", "Pod", "warlock-0", SYSTEM)


class Production:
    """The workload cluster, from ``with`` to its end.

    Attributes:
        plane: its API server.
        api: its administrator's access.
    """

    def __init__(self, kubernetes: str, say: Callable[[str], None]) -> None:
        self.plane = ApiServer(kubernetes, f"pair-{WORKLOAD_CLUSTER}", say)

    def __enter__(self) -> Self:
        self.plane.start()
        try:
            self.api = Api(self.plane.kubeconfig).__enter__()
            self.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM}})
            self._run_warlock()
        except BaseException:
            self.plane.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.api.__exit__(kind, error, trace)
        self.plane.stop()

    @property
    def kubeconfig(self) -> Path:
        """Its administrator's."""
        return self.plane.kubeconfig

    def restart_warlock(self) -> None:
        """Delete warlock's Pod; there is another one then."""
        self.api.delete(_WARLOCK)
        self._run_warlock()

    def _run_warlock(self) -> None:
        """Make the Pod, and say of it what a kubelet would: none runs here."""
        metadata = {"name": _WARLOCK.name, "namespace": SYSTEM, "labels": {"service_name": "warlock"}}
        container = {"name": "warlock", "image": "registry.lab.example/acp/warlock:v4.2.1"}
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        running = {"name": "warlock", "image": container["image"], "imageID": "", "ready": True, "restartCount": 0}
        status = {
            "phase": "Running",
            "startTime": now,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": now}],
            "containerStatuses": [{**running, "state": {"running": {"startedAt": now}}}],
        }
        spec = {"nodeName": "production-m1", "containers": [container]}
        item = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        self.api.apply(item)
        self.api.patch(_WARLOCK, {"status": status}, "status")
