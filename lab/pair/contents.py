"""Objects of a cluster of a pair, beside those of every platform."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from lab.pair.scope import NAMESPACES
from lab.pair.shared import ELASTICSEARCH_PASSWORD, ROOT_KEY, SYNCHRONISED_SECRET
from lab.platform.reader import READER
from lab.platform.resources import app_release, module_info
from lab.platform.site import SYSTEM
from lab.platform.surroundings import encoded
from lab.platform.workloads import pod_spec, workload

if TYPE_CHECKING:
    from lab.pair.shared import Shared
    from lab.platform.api import Object
    from lab.platform.site import Site

REGISTRY_SECRET = "registry-admin"  # noqa: S105 - its name
WORKLOAD_CLUSTER = "production"

COMPONENTS = {
    "elasticsearch": ("cpaas-elasticsearch",),
    "monitoring": ("alertmanager", "vmselect", "vminsert"),
}
"""What may be installed on both sides and is restarted after a failover: the values of its Pods' ``service_name``."""
ELASTICSEARCH, ELASTICSEARCH_USER = "cpaas-elasticsearch", "elastic"
_ELASTICSEARCH = """mkdir -p /www/_cluster; echo '{{"status": "green"}}' >/www/_cluster/health
echo '/:{user}:{password}' >/tmp/httpd.conf; exec httpd -f -p 9200 -h /www -c /tmp/httpd.conf"""
ENCRYPTION_MANAGER = "etcd-encryption-manager"
_WITH_ENCRYPTION_MANAGER = ("4.3",)


def registry_objects(shared: Shared) -> list[Object]:
    """Give what holds the image repository's address and credentials (acp-docs: upload packages)."""
    data = {"username": encoded(shared.registry_user), "password": encoded(shared.registry_password)}
    info = {"registryAddress": f"{shared.domain}:11443", "platformURL": f"https://{shared.domain}"}
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": REGISTRY_SECRET, "namespace": SYSTEM},
            "data": data,
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "global-info", "namespace": "kube-public"},
            "data": info,
        },
    ]


def rights() -> list[Object]:
    """Give what a run may do beside what it may on one platform: read everything, ask the monitor, use a canary."""
    group = "rbac.authorization.k8s.io"
    name = f"{READER}-pair"
    rules = [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["services/proxy"], "verbs": ["get"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps", "namespaces"],
            "verbs": ["create", "patch", "update", "delete"],
        },
    ]
    subject = {"kind": "ServiceAccount", "name": READER, "namespace": SYSTEM}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": name}
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": role,
            "subjects": [subject],
        },
    ]


def components(site: Site, names: tuple[str, ...]) -> list[Object]:
    """Give the workloads of some of :data:`COMPONENTS`."""
    words = [word for name in names for word in COMPONENTS[name]]
    pods = {word: pod_spec(site.image, name=word) for word in words}
    if ELASTICSEARCH in pods:
        script = _ELASTICSEARCH.format(user=ELASTICSEARCH_USER, password=ELASTICSEARCH_PASSWORD)
        pods[ELASTICSEARCH] = pod_spec(site.image, script, name="elasticsearch")
    workloads = [
        workload("Deployment", SYSTEM, word, {"service_name": word}, pod, replicas=1) for word, pod in pods.items()
    ]
    return [*([elasticsearch_secret()] if ELASTICSEARCH in pods else []), *workloads]


def elasticsearch_secret(password: str = ELASTICSEARCH_PASSWORD) -> Object:
    """Give the Secret by which the platform is known to Elasticsearch."""
    data = {"username": encoded(ELASTICSEARCH_USER), "password": encoded(password)}
    metadata = {"name": "elasticsearch-basic-auth", "namespace": SYSTEM}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}


def encryption_manager(site: Site) -> list[Object]:
    """Give the etcd Encryption Manager, for the releases that have it; where it keeps its settings is assumed."""
    if site.release.name not in _WITH_ENCRYPTION_MANAGER:
        return []
    module = module_info(site, ENCRYPTION_MANAGER, "plugin", ENCRYPTION_MANAGER)
    module["spec"]["config"] = {"mode": "deterministic", "replication_group_id": "lab-pair", "root_key": ROOT_KEY}
    return [module, app_release(site, ENCRYPTION_MANAGER, f"acp/chart-{ENCRYPTION_MANAGER}")]


def as_installed(product_base: Object, shared: Shared) -> None:
    """Make a ProductBase what the guide asks of a pair's: ports 80 and 443, the shared administrator."""
    spec = product_base["spec"]
    spec["http"] |= {"httpPort": 80, "httpsPort": 443}
    spec["defaultAdmin"]["account"] = shared.admin


def backed_up(backup: Object, ago: timedelta = timedelta(hours=2)) -> None:
    """Make the newest backup of etcd a recent one."""
    moment = (datetime.now(timezone.utc) - ago).strftime("%Y-%m-%dT%H:%M:%SZ")
    backup["status"]["records"][0].update(startTime=moment, completionTime=moment)


def projects(site: Site) -> list[Object]:
    """Give what people made on the primary, in namespaces that are synchronised, and a workload cluster."""
    items: list[Object] = []
    for name in NAMESPACES:
        items.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        items += [_named("ConfigMap", name, f"settings-{number}", {"size": str(number)}) for number in range(5)]
        items.append(_named("Secret", name, "credentials", {"password": encoded(SYNCHRONISED_SECRET)}))
    return [*items, _workload_cluster(site)]


def _named(kind: str, namespace: str, name: str, data: dict[str, str]) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, "data": data}


def _workload_cluster(site: Site) -> Object:
    version = site.kubernetes.removeprefix("v")
    return {
        "apiVersion": "platform.tkestack.io/v1",
        "kind": "Cluster",
        "metadata": {"name": WORKLOAD_CLUSTER},
        "spec": {"displayName": WORKLOAD_CLUSTER, "type": "Baremetal", "version": version},
        "status": {"phase": "Running", "version": version, "conditions": []},
    }
