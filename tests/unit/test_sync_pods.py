"""Reading the synchroniser's Pods, leader and settings, and what users made, from an API server of the test's own."""

from __future__ import annotations

from typing import Any

import pytest

from acp_acceptance.collect.pair.sync_pods import sync_settings, synchroniser
from acp_acceptance.collect.pair.user_objects import user_objects
from cluster_api import ClusterApi, listing, pod
from sync_sides import KINDS, side

LEASE = "/apis/coordination.k8s.io/v1/namespaces/cpaas-system/leases/etcd-sync-mirror"
PODS = "/api/v1/namespaces/cpaas-system/pods"


def sync_documents(**lease: Any) -> dict[str, Any]:
    found = pod("etcd-sync-1", namespace="cpaas-system")
    found["metadata"] |= {
        "creationTimestamp": "2026-11-21T10:00:00Z",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "etcd-sync"}],
    }
    found["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": "2026-11-21T10:00:05Z"}}
    log = "2026-11-21T10:00:06.123456789Z begins\n2026-11-21T10:01:00Z I start sync UPDATE from revision 5\n"
    return {
        f"{PODS}?labelSelector=app=etcd-sync": listing(found),
        f"{PODS}/etcd-sync-1/log": log,
        "/apis/apps/v1/namespaces/cpaas-system/replicasets/etcd-sync": {
            "metadata": {"creationTimestamp": "2026-11-21T09:59:59Z"}
        },
        LEASE: {
            "spec": {
                "holderIdentity": "etcd-sync-1",
                "leaseDurationSeconds": 1,
                "renewTime": "2026-11-21T10:00:00Z",
                **lease,
            }
        },
    }


def test_the_synchroniser_is_read() -> None:
    with ClusterApi(sync_documents()).running() as api:
        found: Any = synchroniser(side(api))["synchroniser"]
    (one,) = found.pods
    assert (one.log.whole, one.log.started.minute, one.workload_since.minute) == (True, 1, 59)
    # Nobody renews this one.
    assert (found.lease.holder, found.lease.renewed, found.lease_problem) == ("etcd-sync-1", False, "")


def test_a_log_that_was_rotated_is_not_whole() -> None:
    documents = sync_documents()
    documents[f"{PODS}/etcd-sync-1/log"] = "2026-11-21T12:00:00Z later\n"
    with ClusterApi(documents).running() as api:
        found: Any = synchroniser(side(api))["synchroniser"]
    assert (found.pods[0].log.whole, found.pods[0].log.started) == (False, None)


@pytest.mark.parametrize("lease", [{"holderIdentity": 7}, {"leaseDurationSeconds": "x"}, {"renewTime": None}])
def test_odd_leases_are_read(lease: dict[str, Any]) -> None:
    with ClusterApi(sync_documents(**lease)).running() as api:
        found: Any = synchroniser(side(api))["synchroniser"]
    assert found.lease.renewed is None


def test_settings_are_kept_without_secrets() -> None:
    config = {
        "dataCheckInterval": "5m",
        "nested": {"printDetailLogs": True},
        "clusterToken": "123",
        "password": "300",
        "note": "hush hush",
        "list": [1],
    }
    module = {"metadata": {"name": "x"}, "spec": {"config": config, "valuesOverride": {"replicas": 2}}}
    with ClusterApi({"/apis/cluster.alauda.io/v1alpha1/moduleinfoes": listing(module)}).running() as api:
        found: Any = sync_settings(side(api))["sync_settings"]
    assert found.values == {"dataCheckInterval": "5m", "nested.printDetailLogs": True, "replicas": 2}


def test_what_users_made_is_found() -> None:
    by_user = {
        "name": "mine",
        "namespace": "kube-system",
        "managedFields": [{"manager": "kubectl-create", "time": "2026-11-21T10:00:00Z"}],
    }
    by_platform = {
        "name": "its",
        "namespace": "kube-system",
        "managedFields": [
            {"manager": "helm-controller", "time": "2026-11-21T10:00:00Z"},
            {"manager": "kubectl-edit", "time": "2026-11-21T11:00:00Z"},
        ],
    }
    owned = {**by_user, "name": "owned", "ownerReferences": [{"name": "x"}]}
    own = {**by_user, "name": "own", "labels": {"app.kubernetes.io/name": "acp-acceptance"}}
    of_another = {**by_user, "name": "of-another", "labels": {"app.kubernetes.io/name": "another"}}
    odd = {**by_user, "name": "odd", "labels": ["app.kubernetes.io/name=acp-acceptance"]}
    marked = {"name": "marked", "namespace": "cpaas-system", "annotations": {"cpaas.io/creator": "admin"}}
    backup = {
        "metadata": {"name": "b", "namespace": "v"},
        "spec": {"includedNamespaces": ["kube-*"]},
        "status": {"phase": "Completed", "completionTimestamp": "2026-11-21T10:00:00Z"},
    }
    documents = {
        **KINDS,
        "/api/v1/namespaces": listing(
            *({"metadata": {"name": name}} for name in ("acme", "cpaas-system", "kube-system"))
        ),
        "/api/v1/namespaces/kube-system/configmaps": listing(
            *({"metadata": item} for item in (by_user, by_platform, owned, own, of_another, odd))
        ),
        "/api/v1/namespaces/cpaas-system/configmaps": listing({"metadata": marked}),
        "/apis/velero.io/v1/backups": listing(backup),
    }
    with ClusterApi(documents).running() as api:
        result: Any = user_objects(side(api))["user_objects"]
    assert (result.objects, result.total) == (7, 4)
    assert [(group.namespace, group.names) for group in result.groups] == [
        ("cpaas-system", ("marked",)),
        ("kube-system", ("mine", "of-another", "odd")),
    ]
    (item,) = result.backups
    assert [item.holds(name) for name in ("kube-system", "cpaas-system")] == [True, False]
    assert not result.unlisted
