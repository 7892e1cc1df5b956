"""Ways to look at a pair, each of which shows some of its faults: they look otherwise while a fault is there."""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING

from lab import LabError
from lab.pair import store
from lab.pair.contents import REGISTRY_SECRET
from lab.pair.faults import names as ids
from lab.pair.stale import dns_pods
from lab.pair.synchroniser import MONITOR
from lab.platform.api import Api, Reference, RefusedError
from lab.platform.readiness import has_condition
from lab.platform.serving import listens
from lab.platform.site import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.pair import Pair
    from lab.pair.faults import Fault
    from lab.pair.side import Side

PORTS = (80, 443, 2379, 6443, 11443)
OPERATORS = ("operators.coreos.com/v1alpha1/subscriptions", "operator.knative.dev/v1beta1/knativeeventings")
_FILE = "/etc/kubernetes/encryption-provider.conf"
_VERSIONS = {
    "ProductBase": "product.alauda.io/v1alpha1",
    "Cluster": "platform.tkestack.io/v1",
    "EtcdBackupConfiguration": "enhancement.cluster.alauda.io/v1",
}


def _both(look: Callable[[Side], object]) -> Callable[[Pair], list[object]]:
    return lambda pair: [look(side) for side in pair.sides.values()]


def _objects(*kinds: str) -> Callable[[Pair], list[object]]:
    def look(side: Side) -> list[object]:
        found = [side.api.items(Reference(_VERSIONS[kind], kind, "").collection) for kind in kinds]
        return [[(item["spec"], item.get("status")) for item in items] for items in found]

    return _both(look)


def _modules(side: Side) -> list[tuple[object, ...]]:
    items = side.api.items("/apis/cluster.alauda.io/v1alpha1/moduleinfoes")
    labels = [item["metadata"]["labels"]["cpaas.io/module-name"] for item in items]
    found = zip(labels, items, strict=True)
    return sorted((name, json.dumps(item["spec"].get("config")), item["status"]["phase"]) for name, item in found)


def _credentials(side: Side) -> list[object]:
    objects = [
        side.api.get(Reference("v1", kind, name, place))
        for kind, name, place in (
            ("Secret", REGISTRY_SECRET, SYSTEM),
            ("Secret", "elasticsearch-basic-auth", SYSTEM),
            ("ConfigMap", "global-info", "kube-public"),
        )
    ]
    return [item and item["data"] for item in objects]


def _operators(side: Side) -> list[object]:
    """List them as the run's user, who may be refused, or told that there is no such kind."""
    with Api(side.kubeconfig) as reader:
        return [_listed(reader, path) for path in OPERATORS]


def _listed(reader: Api, path: str) -> list[str] | int:
    try:
        return [item["metadata"]["name"] for item in reader.items(f"/apis/{path}")]
    except RefusedError as error:
        return error.status


def _certificate(side: Side) -> str:
    return ssl.get_server_certificate((side.vip, 443), timeout=5)


def _catalogue(side: Side) -> object:
    context = ssl.create_default_context(cadata=side.site.authority.root.pem)
    manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    manager.add_password(None, f"https://{side.vip}:11443/", side.shared.registry_user, side.shared.registry_password)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPBasicAuthHandler(manager),
    )
    try:
        with opener.open(f"https://{side.vip}:11443/v2/_catalog", timeout=5) as answer:
            return json.load(answer)["repositories"]
    except OSError as error:
        return str(error)


def _ports(side: Side) -> tuple[list[bool], str]:
    certificate = ""
    with suppress(OSError):
        # etcd asks for a client's certificate after it has shown its own.
        certificate = ssl.get_server_certificate((side.vip, 2379), timeout=2)
    return [listens(side.vip, port) for port in PORTS], certificate


def _names(pair: Pair) -> list[object]:
    sides = pair.sides.values()
    return [[side.resolves(pod["status"]["podIP"]) for pod in dns_pods(side)] for side in sides]


def _names_on_nodes(side: Side) -> list[str]:
    return side.node(0).run(f"getent hosts {side.domain}").stdout.split()


def _check(pair: Pair) -> str:
    path = f"/api/v1/namespaces/{SYSTEM}/services/{MONITOR}:80/proxy/check"
    try:
        said = pair.standby.cluster.kubectl("get", "--raw", path, "--request-timeout=2s")
    except LabError:
        return "no answer"
    return hashlib.sha256(said.encode()).hexdigest()


def _pods(pair: Pair) -> list[object]:
    side = pair.standby
    pods = side.plugin.pods()
    with suppress(LabError):
        logs = [side.cluster.kubectl("-n", SYSTEM, "logs", pod["metadata"]["name"]) for pod in pods]
        return [
            len(pods),
            [has_condition("Ready")(pod) for pod in pods],
            any("Start Sync update" in log for log in logs),
        ]
    return [len(pods)]


def _keys(pair: Pair) -> object:
    namespaces = tuple(f"/{name}/" for name in pair.namespaces)
    return [
        {key for key in store.keys(side) if any(name in key for name in namespaces)} for side in pair.sides.values()
    ]


def _excluded(side: Side) -> list[object]:
    spaces = ("default", "kube-public")
    found = [side.api.items(f"/api/v1/namespaces/{space}/configmaps") for space in spaces]
    return [[item["metadata"]["name"] for item in items] for items in found]


def _encryption(side: Side) -> str:
    return side.node(0).run(f"stat -c '%F %a %u:%g' {_FILE}; sha256sum {_FILE}").stdout


def _machines(side: Side) -> list[object]:
    return [item["status"]["phase"] for item in side.api.items("/apis/platform.tkestack.io/v1/machines")]


def _health(side: Side) -> object:
    pods = {pod["status"]["phase"] for pod in side.api.items("/api/v1/pods")}
    releases = side.api.items("/apis/operator.alauda.io/v1alpha1/appreleases")
    return pods, sorted(json.dumps([one["status"] for one in item["status"]["conditions"]]) for item in releases)


def _reached(pair: Pair) -> list[object]:
    between = f"timeout 1 bash -c '</dev/tcp/{pair.primary.vip}/443'"
    return [pair.standby.node(0).run(between).returncode, *(_takes(side.vip) for side in pair.sides.values())]


def _way(pair: Pair) -> str:
    asked = f"ip -4 -o route get {pair.primary.vip}; command -v timeout"
    return pair.standby.node(0).run(asked).stdout


def _takes(address: str) -> bool:
    with suppress(OSError), socket.create_connection((address, 443), timeout=0.5):
        return True
    return False


def _clock(pair: Pair) -> bool:
    ahead = int(pair.standby.node(0).run("date +%s").stdout) - int(pair.primary.node(0).run("date +%s").stdout)
    return abs(ahead) > 30


_BY_REQUIREMENT: dict[str, Callable[[Pair], object]] = {
    ids.RELEASE: lambda pair: [_objects("ProductBase")(pair), _both(_modules)(pair)],
    ids.ACCESS_ADDRESS: _objects("ProductBase", "Cluster"),
    ids.CERTIFICATE: _both(_certificate),
    ids.IMAGE_REPOSITORY: _both(_credentials),
    ids.IMAGES: _both(_catalogue),
    ids.ADMIN_USER: _objects("ProductBase"),
    ids.LOAD_BALANCER: _both(_ports),
    ids.LOAD_BALANCER_ADVISED: _both(_ports),
    ids.SAME_KEYS: _both(_encryption),
    ids.DETERMINISTIC: _both(_modules),
    ids.PLUGIN: _both(_modules),
    ids.PLUGIN_SETTINGS: _both(_modules),
    ids.SYNC_PODS: _pods,
    ids.CONSISTENT: _check,
    ids.INDEPENDENT: _keys,
    ids.INDEPENDENT_ADVISED: lambda pair: store.value(pair.standby, "/registry/configmaps/acme/settings-4"),
    ids.EXCLUDED: _both(_excluded),
    ids.DOMAIN: _names,
    ids.OPERATORS: _both(_operators),
    ids.PATH: _reached,
    ids.PATH_ADVISED: _way,
    ids.MACHINES: _both(_machines),
    ids.WORKLOADS: _both(_health),
    ids.BACKUP: _objects("EtcdBackupConfiguration"),
    ids.ELASTICSEARCH: _both(_credentials),
}
_BY_NAME: dict[str, Callable[[Pair], object]] = {
    "clocks-apart": _clock,
    "operators-on-both": _both(_operators),
    **dict.fromkeys(("node-stale", "name-server-down", "domain-to-standby", "domain-unknown"), _both(_names_on_nodes)),
}


def look_for(fault: Fault) -> Callable[[Pair], object]:
    """Give the way to look at a pair that shows a fault."""
    return _BY_NAME.get(fault.name) or _BY_REQUIREMENT.get(fault.requirement, _reached)
