"""The user that a run has: it may read what the run reads, and nothing else.

Each right is a rule by a name of its own, so that a fault can take one of them away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.platform.site import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Collection

    from lab.platform.api import Object

READER = "lab-acp-acceptance"
"""Not the name in deploy/rbac.yaml, so that a test can have both."""

_READ = ["get", "list"]
_LISTED = {
    "appreleases": ("operator.alauda.io", ["appreleases"]),
    "moduleinfoes": ("cluster.alauda.io", ["moduleinfoes"]),
    "clustermodules": ("cluster.alauda.io", ["clustermodules"]),
    "productbases": ("product.alauda.io", ["productbases"]),
    "clusters": ("platform.tkestack.io", ["clusters"]),
    "machines": ("platform.tkestack.io", ["machines"]),
    "clusterversionshadows": ("config.alauda.io", ["clusterversionshadows"]),
    "etcdbackupconfigurations": ("enhancement.cluster.alauda.io", ["etcdbackupconfigurations"]),
    "namespaces": ("", ["namespaces"]),
    "nodes": ("", ["nodes"]),
    "pods": ("", ["pods"]),
    "pods-log": ("", ["pods/log"]),
    "events": ("", ["events"]),
    "services": ("", ["services"]),
    "claims": ("", ["persistentvolumeclaims"]),
    "volumes": ("", ["persistentvolumes"]),
    "configmaps": ("", ["configmaps"]),
    "deployments": ("apps", ["deployments"]),
    "statefulsets": ("apps", ["statefulsets"]),
    "daemonsets": ("apps", ["daemonsets"]),
    "replicasets": ("apps", ["replicasets"]),
    "jobs": ("batch", ["jobs"]),
    "cronjobs": ("batch", ["cronjobs"]),
    "storageclasses": ("storage.k8s.io", ["storageclasses"]),
    "apiservices": ("apiregistration.k8s.io", ["apiservices"]),
    "certificatesigningrequests": ("certificates.k8s.io", ["certificatesigningrequests"]),
    "webhooks": (
        "admissionregistration.k8s.io",
        ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"],
    ),
    "endpointslices": ("discovery.k8s.io", ["endpointslices"]),
    "definitions": ("apiextensions.k8s.io", ["customresourcedefinitions"]),
    "leases": ("coordination.k8s.io", ["leases"]),
}

RULES: dict[str, Object] = {
    name: {"apiGroups": [group], "resources": kinds, "verbs": _READ} for name, (group, kinds) in _LISTED.items()
}
"""Rights in the whole cluster, by name."""

_PATHS = {
    "discovery": ["/api", "/api/*", "/apis", "/apis/*"],
    "readyz": ["/readyz", "/readyz/*"],
    "version": ["/version"],
}
RULES |= {name: {"nonResourceURLs": paths, "verbs": ["get"]} for name, paths in _PATHS.items()}

EVERYBODY = {
    "system:public-info-viewer": ("system:authenticated", "system:unauthenticated"),
    "system:discovery": ("system:authenticated",),
}
"""Bindings of every cluster that let everybody ask for its version and readiness, to the groups that they name."""

_EVERYBODY = "system:authenticated"
_REPLACEMENT = "lab:discovery"
_ASKED = {
    "discovery": ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", "/healthz", "/livez"],
    **{name: paths for name, paths in _PATHS.items() if name != "discovery"},
}

_EXEC = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]}

SCOPED: dict[str, tuple[str, Object]] = {
    # With the metrics of etcd, which it serves on its node alone.
    "exec-in-etcd": ("kube-system", {**_EXEC, "resources": ["pods/exec", "pods/portforward"]}),
    "exec-in-sentry": (SYSTEM, _EXEC),
    "platform-certificate": (
        SYSTEM,
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["dex.tls"], "verbs": ["get"]},
    ),
}
"""Rights in one namespace, by name."""

_AUTHORISATION = "rbac.authorization.k8s.io"
_SUBJECT = {"kind": "ServiceAccount", "name": READER, "namespace": SYSTEM}


def _bound(kind: str, namespace: str, rules: list[Object]) -> list[Object]:
    metadata = {"name": READER, **({"namespace": namespace} if namespace else {})}
    role = {"apiGroup": _AUTHORISATION, "kind": kind, "name": READER}
    version = f"{_AUTHORISATION}/v1"
    return [
        {"apiVersion": version, "kind": kind, "metadata": metadata, "rules": rules},
        {
            "apiVersion": version,
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": role,
            "subjects": [_SUBJECT],
        },
    ]


def _group_binding(name: str, role: str, groups: Collection[str]) -> Object:
    return {
        "apiVersion": f"{_AUTHORISATION}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": _AUTHORISATION, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "Group", "name": group, "apiGroup": _AUTHORISATION} for group in groups],
    }


def everybody() -> list[Object]:
    """Give the bindings of :data:`EVERYBODY` as Kubernetes makes them."""
    return [_group_binding(name, name, groups) for name, groups in EVERYBODY.items()]


def everybody_but(right: str) -> list[Object]:
    """Give bindings by which everybody has all that everybody has, but one of ``readyz`` and ``version``."""
    paths = [path for name, group in _ASKED.items() if name != right for path in group]
    rules = [{"nonResourceURLs": paths, "verbs": ["get"]}]
    version = f"{_AUTHORISATION}/v1"
    return [
        {"apiVersion": version, "kind": "ClusterRole", "metadata": {"name": _REPLACEMENT}, "rules": rules},
        _group_binding(_REPLACEMENT, _REPLACEMENT, EVERYBODY["system:public-info-viewer"]),
        *(_group_binding(name, name, ("lab:nobody",)) for name in EVERYBODY),
    ]


def asked(right: str) -> Object:
    """Give the question to the API server whether the user has a right; its first kind or path stands for all."""
    user = {"user": f"system:serviceaccount:{SYSTEM}:{READER}", "groups": ["system:serviceaccounts", _EVERYBODY]}
    namespace, rule = SCOPED[right] if right in SCOPED else ("", RULES[right])
    verb = rule["verbs"][0]
    if "nonResourceURLs" in rule:
        about = {"nonResourceAttributes": {"path": rule["nonResourceURLs"][0], "verb": verb}}
    else:
        kind, _, part = rule["resources"][0].partition("/")
        names = rule.get("resourceNames", [""])
        where = {"group": rule["apiGroups"][0], "resource": kind, "subresource": part, "namespace": namespace}
        about = {"resourceAttributes": {**where, "name": names[0], "verb": verb}}
    version = "authorization.k8s.io/v1"
    return {"apiVersion": version, "kind": "SubjectAccessReview", "spec": {**user, **about}}


def reader(without: Collection[str] = ()) -> list[Object]:
    """Give the user and its rights, without those of some names.

    Whoever takes ``readyz`` or ``version`` away must also take it from everybody, see :func:`everybody_but`.
    """
    items: list[Object] = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": READER, "namespace": SYSTEM}}
    ]
    items += _bound("ClusterRole", "", [rule for name, rule in RULES.items() if name not in without])
    for namespace in sorted({namespace for namespace, _ in SCOPED.values()}):
        rules = [rule for name, (place, rule) in SCOPED.items() if place == namespace and name not in without]
        items += _bound("Role", namespace, rules)
    return items
