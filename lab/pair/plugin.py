"""The etcd Synchronizer on one side: installing it, removing it, and making its Pods misbehave."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lab.pair.synchroniser import LEASE, MONITOR, SYNC, Synchroniser
from lab.platform.api import Reference, reference
from lab.platform.readiness import has_condition, has_endpoints, is_complete
from lab.platform.site import SYSTEM
from lab.programs import LabError

if TYPE_CHECKING:
    from lab.pair.side import Side
    from lab.platform.api import Object

CONSISTENT = ["LOCAL ETCD missed keys:", "LOCAL ETCD surplus keys:"]
"""What the monitor says while both stores hold the same."""
_DEPLOYMENT = Reference("apps/v1", "Deployment", SYNC, SYSTEM)
_NOWHERE = "https://192.0.2.1:2379"
_STARTED = "Start Sync update"


@dataclass
class Plugin:
    """The plugin of one side.

    Attributes:
        side: where it is, or may be.
        parts: what it consists of, while it is installed.
    """

    side: Side
    parts: Synchroniser | None = field(default=None, init=False)

    def install(self, active: Side, *, recreate: bool = True) -> None:
        """Install it: it copies another side from now on; wait until both hold the same.

        Args:
            active: the other side.
            recreate: a Pod is made anew after the first synchronisation, as the guide asks.

        Raises:
            LabError: it does not start, or does not copy everything.
        """
        side = self.side
        self.parts = Synchroniser(side.site, active.vip, active.etcd, side.etcd_on_nodes())
        for item in self.parts.objects():
            side.define_healthy(item)
        self.await_ready()
        self.await_started()
        if recreate:
            self.recreate()
        self.await_consistent()

    def remove(self) -> None:
        """Uninstall it; where it is not there is nothing to do."""
        if self.parts is None:
            return
        for item in reversed(self.parts.objects()):
            self.side.undefine(reference(item))
        self.side.api.delete(Reference("coordination.k8s.io/v1", "Lease", LEASE, SYSTEM))
        self.parts = None

    def check(self) -> str:
        """Give what the monitor answers, through the API server's proxy.

        Raises:
            LabError: it does not answer, or with an error.
        """
        path = f"/api/v1/namespaces/{SYSTEM}/services/{MONITOR}:80/proxy/check"
        return self.side.cluster.kubectl("get", "--raw", path)

    def recreate(self) -> None:
        """Delete a Pod that mirrors, and wait for the one after it: all keys are carried over again.

        Where one leads it is that one; when the other leads then, there is none before it any more that led longer.
        """
        leader = self._leader()
        self.side.restart(f"app={SYNC}", leader or str(self.pods()[0]["metadata"]["name"]))
        self.await_started()
        if leader:
            others = [str(pod["metadata"]["name"]) for pod in self.pods()]
            self.side.restart(f"app={SYNC}", next(name for name in others if name != self._leader()))
        self.await_ready()

    def await_started(self) -> None:
        """Wait until the logs say that changes are followed, and a second longer: what is made then is younger."""
        self.side.api.wait(self._started, f"{SYNC} follows changes")
        time.sleep(1)

    def pods(self, app: str = SYNC) -> list[Object]:
        """Give the Pods of the mirror, or of the monitor, that are not on their way out."""
        return self.side.pods(f"app={app}")

    def control(self, app: str, name: str, value: str) -> None:
        """Let Pods misbehave, see ``go/etcd-sync/control.go``; with an empty value they work again."""
        command = f"printf %s '{value}' >/tmp/{name}" if value else f"rm -f /tmp/{name}"
        for pod in self.pods(app):
            self.side.cluster.kubectl("-n", SYSTEM, "exec", pod["metadata"]["name"], "--", "sh", "-c", command)

    def scale(self, replicas: int) -> None:
        """Let there be so many Pods that mirror."""
        self.side.api.patch(_DEPLOYMENT, {"spec": {"replicas": replicas}})
        self.side.api.wait(lambda: len(self.pods()) == replicas, f"there are {replicas} Pods of {SYNC}")

    def mislead(self) -> None:
        """Let the mirror look for the primary's etcd where it is not."""
        item = self.side.healthy_object(_DEPLOYMENT)
        container = item["spec"]["template"]["spec"]["containers"][0]
        container["command"] = [
            f"--remote={_NOWHERE}" if word.startswith("--remote=") else word for word in container["command"]
        ]
        before = {pod["metadata"]["name"] for pod in self.pods()}
        self.side.put(item)
        wanted = item["spec"]["replicas"]

        def replaced() -> bool:
            running = [pod for pod in self.pods() if pod["status"]["phase"] == "Running"]
            return len(running) == wanted and before.isdisjoint(pod["metadata"]["name"] for pod in running)

        self.side.api.wait(replaced, f"all Pods of {SYNC} are others")

    def restore(self) -> None:
        """Make the Pods that mirror what they were; they carry everything over again."""
        self.side.restore(_DEPLOYMENT)
        self.await_ready()
        self.await_consistent()

    def await_unready(self) -> None:
        """Wait until no Pod that mirrors is ready."""
        ready = has_condition("Ready")
        self.side.api.wait(lambda: not any(map(ready, self.pods())), f"no Pod of {SYNC} is ready")

    def await_ready(self) -> None:
        """Wait until the Pods are ready and the monitor can be asked."""
        api = self.side.api
        for name in (SYNC, MONITOR):
            api.until(Reference("apps/v1", "Deployment", name, SYSTEM), is_complete, "is complete")
        api.wait(lambda: has_endpoints(api, MONITOR), f"{MONITOR} has endpoints")

    def await_consistent(self) -> None:
        """Wait until the monitor finds no difference.

        Raises:
            LabError: it does, for long.
        """
        self.side.api.wait(lambda: self._said() == CONSISTENT, "both stores hold the same", state=self._state)

    def _started(self) -> bool:
        leader = self._leader()
        names = [str(pod["metadata"]["name"]) for pod in self.pods()]
        if self.parts is not None and self.parts.leads:
            names = [name for name in names if name == leader]
        try:
            logs = [self.side.cluster.kubectl("-n", SYSTEM, "logs", name) for name in names]
        except LabError:
            # Its container does not run yet.
            return False
        return bool(logs) and all(_STARTED in log for log in logs)

    def _leader(self) -> str:
        lease = self.side.api.get(Reference("coordination.k8s.io/v1", "Lease", LEASE, SYSTEM))
        return str(lease["spec"].get("holderIdentity", "")) if lease else ""

    def _said(self) -> list[str]:
        try:
            return self.check().splitlines()
        except LabError:
            # kube-proxy and the API server hear of a new Pod a moment after it is ready.
            return []

    def _state(self) -> str:
        return "\n".join(self._said())[:1000]
