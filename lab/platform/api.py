"""A small client of the API server for the lab: objects in, objects out, as plain mappings."""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

import requests
import yaml

from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

Object = dict[str, Any]
"""One Kubernetes object as the API says it."""

MANAGER = "lab"
PATIENCE = 120.0
_REQUEST_SECONDS = 30.0
_LOOK_SECONDS = 0.25
_TRANSIENT = 8
_PASSING = {429, 500, 503, 504}

_KINDS = {
    "APIService": ("apiservices", False),
    "AppRelease": ("appreleases", True),
    "CertificateSigningRequest": ("certificatesigningrequests", False),
    "Cluster": ("clusters", False),
    "ClusterModule": ("clustermodules", False),
    "ClusterRole": ("clusterroles", False),
    "ClusterRoleBinding": ("clusterrolebindings", False),
    "ClusterVersionShadow": ("clusterversionshadows", True),
    "ConfigMap": ("configmaps", True),
    "CronJob": ("cronjobs", True),
    "CustomResourceDefinition": ("customresourcedefinitions", False),
    "DaemonSet": ("daemonsets", True),
    "Deployment": ("deployments", True),
    "EndpointSlice": ("endpointslices", True),
    "EtcdBackupConfiguration": ("etcdbackupconfigurations", False),
    "Job": ("jobs", True),
    "KnativeEventing": ("knativeeventings", True),
    "Lease": ("leases", True),
    "Machine": ("machines", False),
    "ModuleInfo": ("moduleinfoes", False),
    "Namespace": ("namespaces", False),
    "Node": ("nodes", False),
    "PersistentVolume": ("persistentvolumes", False),
    "PersistentVolumeClaim": ("persistentvolumeclaims", True),
    "Pod": ("pods", True),
    "ProductBase": ("productbases", False),
    "ReplicaSet": ("replicasets", True),
    "Role": ("roles", True),
    "RoleBinding": ("rolebindings", True),
    "Secret": ("secrets", True),
    "Service": ("services", True),
    "ServiceAccount": ("serviceaccounts", True),
    "StatefulSet": ("statefulsets", True),
    "StorageClass": ("storageclasses", False),
    "Subscription": ("subscriptions", True),
    "ValidatingWebhookConfiguration": ("validatingwebhookconfigurations", False),
}
"""Kind to its plural and whether it is in namespaces."""
_WITH_PODS = {"DaemonSet", "Deployment", "Job", "StatefulSet"}


class RefusedError(LabError):
    """The API server answered, and not with success.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Reference:
    """Which object.

    Attributes:
        version: group and version, such as ``apps/v1``.
        kind: one of the kinds the lab uses.
        name: its name.
        namespace: its namespace; empty for kinds outside of namespaces.
    """

    version: str
    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def collection(self) -> str:
        """Path of all objects of its kind in its namespace."""
        plural, namespaced = _KINDS[self.kind]
        root = f"/apis/{self.version}" if "/" in self.version else f"/api/{self.version}"
        return f"{root}/namespaces/{self.namespace}/{plural}" if namespaced else f"{root}/{plural}"

    @property
    def path(self) -> str:
        """Path of the object."""
        return f"{self.collection}/{self.name}"


def reference(item: Mapping[str, Any]) -> Reference:
    """Say which object a mapping is."""
    metadata = item["metadata"]
    namespaced = _KINDS[item["kind"]][1]
    namespace = metadata.get("namespace", "default") if namespaced else ""
    return Reference(item["apiVersion"], item["kind"], metadata["name"], namespace)


@dataclass
class Api:
    """The API server of a kubeconfig, from ``with`` to its end."""

    kubeconfig: Path
    server: str = ""
    _session: requests.Session = field(default_factory=requests.Session, init=False, repr=False)
    _files: TemporaryDirectory[str] | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Self:
        document = yaml.safe_load(self.kubeconfig.read_text(encoding="utf-8"))
        context = next(item["context"] for item in document["contexts"] if item["name"] == document["current-context"])
        cluster = next(item["cluster"] for item in document["clusters"] if item["name"] == context["cluster"])
        user = next(item["user"] for item in document["users"] if item["name"] == context["user"])
        self._files = TemporaryDirectory(prefix="acp-lab-api-")
        self.server = self.server or cluster["server"]
        self._session.trust_env = False
        self._session.verify = self._file(cluster, "certificate-authority")
        if "token" in user:
            self._session.headers["Authorization"] = f"Bearer {user['token']}"
        else:
            self._session.cert = (self._file(user, "client-certificate"), self._file(user, "client-key"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()
        if self._files is not None:
            self._files.cleanup()

    def _file(self, words: Mapping[str, str], key: str) -> str:
        """Give the file of a kubeconfig's entry, which may stand in it."""
        if f"{key}-data" not in words:
            return str(self.kubeconfig.parent / words[key])
        assert self._files is not None
        path = Path(self._files.name) / key
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(words[f"{key}-data"]))
        return str(path)

    def call(self, method: str, path: str, body: object = None, content: str = "application/json") -> Object:
        """Ask something of the API server, again where it is a passing failure.

        Raises:
            RefusedError: it answered with an error.
            LabError: it did not answer.
        """
        for attempt in range(1, _TRANSIENT + 1):
            try:
                answer = self._session.request(
                    method,
                    self.server + path,
                    data=None if body is None else json.dumps(body),
                    headers={"Content-Type": content},
                    timeout=_REQUEST_SECONDS,
                )
            except requests.RequestException as error:
                if attempt == _TRANSIENT:
                    raise LabError(f"{method} {path}: {error}") from error
            else:
                if answer.ok:
                    return cast("Object", answer.json())
                passing = answer.status_code in _PASSING or "storage is (re)initializing" in answer.text
                if not passing or attempt == _TRANSIENT:
                    raise RefusedError(
                        f"{method} {path}: {answer.status_code} {answer.text[:1000]}", answer.status_code
                    )
            time.sleep(_LOOK_SECONDS * attempt)
        raise AssertionError

    def get(self, which: Reference) -> Object | None:
        """Give an object, or ``None`` where there is none."""
        try:
            return self.call("GET", which.path)
        except RefusedError as error:
            if error.status == requests.codes.not_found:
                return None
            raise

    def apply(self, item: Object) -> None:
        """Create an object, or make it as it is said here, with its status where one is said.

        A kind with a status subresource takes the status in a second step; others take it in the first.
        """
        which = reference(item)
        query = f"?fieldManager={MANAGER}&force=true"
        kind = "application/apply-patch+yaml"
        self.call("PATCH", which.path + query, item, kind)
        if "status" in item and which.kind != "AppRelease":
            words = {key: item[key] for key in ("apiVersion", "kind", "status")}
            words["metadata"] = {"name": which.name}
            self.call("PATCH", f"{which.path}/status{query}", words, kind)

    def patch(self, which: Reference, change: Object, subresource: str = "") -> None:
        """Merge a change into an object."""
        path = f"{which.path}/{subresource}" if subresource else which.path
        self.call("PATCH", path, change, "application/merge-patch+json")

    def delete(self, which: Reference) -> None:
        """Delete an object with all that belongs to it, and wait until it is gone; gone already is well.

        Finalizers are taken away: what would honour them does not run here.
        """
        # What has Pods goes after them; for all else there may be no controller that would see to it.
        policy = "Foreground" if which.kind in _WITH_PODS else "Background"
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0, "propagationPolicy": policy}
        try:
            self.patch(which, {"metadata": {"finalizers": None}})
            self.call("DELETE", which.path, body)
        except RefusedError as error:
            if error.status != requests.codes.not_found:
                raise
        self.wait(lambda: self.get(which) is None, f"{which} is gone")

    def items(self, collection: str) -> list[Object]:
        """Give all objects of a path."""
        return cast("list[Object]", self.call("GET", collection).get("items") or [])

    def until(self, which: Reference, ready: Callable[[Object], bool], what: str, patience: float = PATIENCE) -> None:
        """Wait until an object is there, and as it should be."""

        def is_ready() -> bool:
            item = self.get(which)
            return item is not None and ready(item)

        self.wait(is_ready, f"{which} {what}", patience, lambda: self._state(which))

    def wait(
        self,
        ready: Callable[[], bool],
        what: str,
        patience: float = PATIENCE,
        state: Callable[[], str] = lambda: "",
    ) -> None:
        """Wait until something holds.

        Raises:
            LabError: it does not in time.
        """
        end = time.monotonic() + patience
        while not ready():
            if time.monotonic() > end:
                raise LabError(f"not within {patience:.0f} s: {what}. {state()}")
            time.sleep(_LOOK_SECONDS)

    def _state(self, which: Reference) -> str:
        with suppress(LabError):
            item = self.get(which)
            return json.dumps(item.get("status"))[:2000] if item else "there is none"
        return ""


def apply_all(api: Api, items: Sequence[Object]) -> None:
    """Apply objects in their order."""
    for item in items:
        api.apply(item)
