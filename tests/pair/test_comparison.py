"""The comparison of two real API servers, whose stores are copied as a mirror does it; with the rights of deploy/."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from stores import Store

from acp_acceptance.collect.pair.canary import Measuring, Writer
from acp_acceptance.collect.pair.comparing import Comparing
from acp_acceptance.collect.pair.consistency import scope_of
from acp_acceptance.collect.pair.monitor import ask_monitor
from acp_acceptance.collect.pair.sync_pods import synchroniser
from acp_acceptance.collect.pair.user_objects import user_objects
from acp_acceptance.collect.platform.access import from_kubeconfig
from acp_acceptance.collect.platform.api import Api
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.pair.comparison import require_compared
from acp_acceptance.requirements import load_catalogue
from lab.control_plane import ApiServer
from pairs import pair_inventory
from planes import runnable
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from acp_acceptance.model.pair.comparison import Comparison

READER = "acp-acceptance"
RIGHTS = ("rbac.yaml", "rbac-comparison.yaml", "rbac-canary.yaml")
# "-" stands before "/" in the order of keys.
NAMESPACES = ("acme", "acme-b", "acme-b-c")
SYNCHRONISED = (*NAMESPACES, READER)
SCOPE = scope_of(load_catalogue().releases["4.2"].requirements["dr.sync.independent"])


def objects() -> Iterator[dict[str, Any]]:
    """Give what users made, in namespaces of which the last is not synchronised."""
    for namespace in (*NAMESPACES, "cpaas-system"):
        yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    for namespace in (*NAMESPACES, "cpaas-system"):
        for number in range(20):
            metadata = {"name": f"settings-{number}.{number}", "namespace": namespace}
            yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"number": str(number)}}
        secret = {"name": "credentials", "namespace": namespace}
        yield {"apiVersion": "v1", "kind": "Secret", "metadata": secret, "stringData": {"password": "hunter2"}}


def schedule(standby: ApiServer) -> None:
    """Apply what the schedule needs on the standby alone, as docs/scheduled-runs.md has it."""
    standby.kubectl("apply", "-f", str(ROOT / "deploy" / "cronjob.yaml"))
    for name in ("ssh", "other-cluster"):
        secret = f"acp-acceptance-{name}"
        standby.kubectl("-n", "cpaas-system", "create", "secret", "generic", secret, "--from-literal=a=b")
        standby.kubectl("-n", "cpaas-system", "label", "secret", secret, "app.kubernetes.io/name=acp-acceptance")
    standby.kubectl("-n", "cpaas-system", "create", "job", "trial", "--from=cronjob/acp-acceptance")


class Two:
    """Both API servers, and what a run with the rights of deploy/ sees of them."""

    def __init__(self, primary: ApiServer, standby: ApiServer, folder: Path) -> None:
        self.primary, self.standby = primary, standby
        self.stores = Store(primary), Store(standby)
        for plane in (primary, standby):
            for name in RIGHTS:
                plane.kubectl("apply", "-f", str(ROOT / "deploy" / name))
        schedule(standby)
        # The suite's own namespace is synchronised: its service account on the standby is the primary's.
        self.mirror()
        self.apis = [self._reader(plane, folder) for plane in (primary, standby)]

    @staticmethod
    def _reader(plane: ApiServer, folder: Path) -> Api:
        token = plane.kubectl("-n", READER, "create", "token", READER, "--duration=1h").strip()
        document = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
        document["users"][0]["user"] = {"token": token}
        file = folder / plane.name
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return Api(from_kubeconfig(str(file), None), 30)

    def mirror(self) -> None:
        """Make the standby hold what the primary does, as a mirror would: the same bytes, and nothing else."""
        source, target = self.stores
        for kind in ("configmaps", "secrets", "serviceaccounts", "roles", "rolebindings"):
            for namespace in SYNCHRONISED:
                prefix = f"/registry/{kind}/{namespace}/"
                wanted = source.below(prefix)
                for key in target.below(prefix).keys() - wanted.keys():
                    target.delete(key)
                target.put(wanted)
        keys = {f"/registry/namespaces/{name}" for name in SYNCHRONISED}
        target.put({key: value for key, value in source.below("/registry/namespaces/").items() if key in keys})

    def compared(self, settle: float = 0.5) -> tuple[Comparison, list[tuple[str, str, str, str]]]:
        """Compare both sides."""
        found: list[tuple[str, str, str, str]] = []
        result = Comparing(*self.apis, SCOPE, settle, None, lambda *item: found.append(item)).compare()
        require_compared(result)
        return result, sorted(found)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Both of them."""
    planes = [ApiServer(name=f"compared-{side}", say=lambda _line: None) for side in ("primary", "standby")]
    runnable(planes[0])
    with planes[0], planes[1]:
        planes[0].apply(objects())
        planes[1].apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cpaas-system"}}])
        yield Two(planes[0], planes[1], tmp_path_factory.mktemp("readers"))


@pytest.fixture
def alike(two: Two) -> Two:
    """Both of them, alike again."""
    two.mirror()
    return two


def test_two_stores_of_the_same_bytes_are_alike(alike: Two) -> None:
    result, found = alike.compared()
    assert not found
    # ConfigMaps and the Secret of three namespaces, the four namespaces, and what deploy/ puts into the suite's own.
    assert result.primary == result.standby == 3 * 21 + 4 + 3


def test_each_difference_is_found(alike: Two) -> None:
    _, target = alike.stores
    target.delete("/registry/configmaps/acme/settings-1.1")
    target.delete("/registry/secrets/acme-b/credentials")
    alike.standby.kubectl("-n", "acme-b", "create", "configmap", "surplus")
    alike.standby.kubectl(
        "-n", "acme", "replace", "--force", "-f", "-", given=yaml.safe_dump(config_map("settings-2.2"))
    )
    # Times in an object's metadata are whole seconds.
    time.sleep(1.1)
    alike.primary.kubectl("-n", "acme", "patch", "configmap", "settings-3.3", "-p", '{"data":{"number":"new"}}')
    alike.standby.kubectl("-n", "acme", "patch", "configmap", "settings-4.4", "-p", '{"data":{"number":"new"}}')
    _, found = alike.compared()
    assert found == [
        ("changed", "configmaps", "acme", "settings-4.4"),
        ("missed", "configmaps", "acme", "settings-1.1"),
        ("missed", "secrets", "acme-b", "credentials"),
        ("replaced", "configmaps", "acme", "settings-2.2"),
        ("stale", "configmaps", "acme", "settings-3.3"),
        ("surplus", "configmaps", "acme-b", "surplus"),
    ]


def config_map(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "acme"}}


def test_what_is_still_on_its_way_is_no_difference(alike: Two) -> None:
    alike.primary.kubectl("-n", "acme", "create", "configmap", "new")
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(lambda: (time.sleep(1), alike.mirror()))
        result, found = alike.compared(settle=8)
        later.result()
    alike.primary.kubectl("-n", "acme", "delete", "configmap", "new")
    assert (found, result.following) == ([], 1)


def test_a_whole_kind_is_compared_page_by_page(alike: Two) -> None:
    source, target = alike.stores
    one = source.below("/registry/configmaps/acme/settings-1.1")["/registry/configmaps/acme/settings-1.1"]
    # Names of one length, so that the stored form stays what it is.
    many = {
        f"/registry/configmaps/acme/n-{number:05d}.0000": one.replace(b"settings-1.1", b"n-%05d.0000" % number)
        for number in range(1100)
    }
    source.put(many)
    result, found = alike.compared()
    assert result.totals == {"missed": 1100}
    assert len(found) == 1100
    target.put(many)
    result, found = alike.compared()
    assert not found
    for store in alike.stores:
        store.delete_below("/registry/configmaps/acme/n-")


def test_without_the_right_to_list_secrets_that_is_said(alike: Two) -> None:
    rules = '[{"op":"replace","path":"/rules/0","value":{"apiGroups":["*"],"resources":["configmaps","namespaces","apiservices"],"verbs":["list"]}}]'
    alike.standby.kubectl("patch", "clusterrole", "acp-acceptance-comparison", "--type=json", "-p", rules)
    try:
        result = Comparing(*alike.apis, SCOPE, 0.5).compare()
        assert "secrets is forbidden" in result.unlisted["secrets"]
        assert "hunter2" not in str(result)
        with pytest.raises(CollectionError, match="could not be compared"):
            require_compared(result)
    finally:
        alike.standby.kubectl("apply", "-f", str(ROOT / "deploy" / "rbac-comparison.yaml"))


def test_the_rights_of_a_canary_suffice_in_its_namespace_alone(alike: Two) -> None:
    primary, _ = alike.apis
    found = {}
    for namespace in (READER, "acme"):
        writer = Writer(primary.access, f"/api/v1/namespaces/{namespace}/configmaps", 30)
        # In the place of a mirror: the primary follows itself.
        found[namespace] = Measuring(writer, primary, primary, namespace, 10).measure(2)
    assert not found[READER].stopped
    assert [len(found[READER].milliseconds[name]) for name in ("create", "change", "delete")] == [2, 2, 2]
    assert "rbac-canary.yaml" in found["acme"].stopped
    assert not alike.primary.kubectl("get", "configmaps", "-A", "-l", "acp-acceptance/canary", "-o", "name")


def test_what_users_made_is_found_where_nothing_is_synchronised(alike: Two, tmp_path: Path) -> None:
    inventory = pair_inventory(tmp_path, lambda site: site.update(release="4.2"))
    alike.primary.kubectl("-n", "cpaas-system", "create", "configmap", "by-hand", "--from-literal=a=b")
    side: Any = SimpleNamespace(api=alike.apis[0], inventory=inventory)
    found: Any = user_objects(side)["user_objects"]
    # What the lab made itself is signed by the lab; what is in other namespaces is synchronised.
    assert [(item.kind, item.namespace, item.names) for item in found.groups] == [
        ("configmaps", "cpaas-system", ("by-hand",))
    ]
    assert found.objects > 20
    assert not found.unlisted


def test_the_schedule_s_own_objects_need_no_backup(alike: Two, tmp_path: Path) -> None:
    inventory = pair_inventory(tmp_path, lambda site: site.update(release="4.2"))
    kinds = "serviceaccounts,configmaps,secrets,persistentvolumeclaims,cronjobs,jobs,roles,rolebindings"
    there = alike.standby.kubectl("-n", "cpaas-system", "get", kinds, "-l", "app.kubernetes.io/name", "-oname")
    assert len(there.split()) == 9
    side: Any = SimpleNamespace(api=alike.apis[1], inventory=inventory)
    found: Any = user_objects(side)["user_objects"]
    assert (found.groups, found.unlisted) == ((), {})
    assert found.objects >= 9


def test_the_rights_suffice_for_the_synchroniser(alike: Two) -> None:
    lease = {"holderIdentity": "etcd-sync-1", "leaseDurationSeconds": 1, "renewTime": "2026-11-21T10:00:00.000000Z"}
    metadata = {"name": "etcd-sync-mirror", "namespace": "cpaas-system"}
    alike.standby.apply(
        [{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": lease}]
    )
    side: Any = SimpleNamespace(api=alike.apis[1])
    found: Any = synchroniser(side)["synchroniser"]
    assert (found.pods, found.lease.holder, found.lease_problem) == ((), "etcd-sync-1", "")
    with pytest.raises(ApiError) as raised:
        ask_monitor(SimpleNamespace(api=alike.apis[1]))  # type: ignore[arg-type] # all that is asked of it
    assert raised.value.kind == "absent"
