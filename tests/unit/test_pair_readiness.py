"""Requirements of a pair's readiness: what passes, what fails alone, and what is not judged."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import Problem
from acp_acceptance.model.mesh import Resolved
from acp_acceptance.model.pair.backup import Backup
from acp_acceptance.model.pair.domain import DomainHere
from acp_acceptance.model.pair.front import Served
from acp_acceptance.model.pair.operators import Operators
from acp_acceptance.model.pair.registry import RegistryContents
from acp_acceptance.model.platform.names import Lookup, Names
from pairs import (
    DOMAIN,
    KEYS,
    PAIR,
    PRIMARY,
    STANDBY,
    VIPS,
    certificate,
    front,
    names_in,
    pair_judged,
    pair_snapshot,
    replace,
    settings,
)
from platform_objects import APP_RELEASES, MACHINES, NODES, PODS, named, node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from judging import Verdicts

    Judge = Callable[..., Verdicts]

ADDRESS, CERTIFICATE, REPOSITORY = "parity.access-address", "parity.certificate", "parity.image-repository"
IMAGES, ADMIN, RELEASE = "parity.images", "parity.admin-user", "parity.release"
BALANCER, BALANCER_ADVISED, DNS = "pair.load-balancer", "pair.load-balancer-advised", "dns.platform-domain"
KEYS_SAME, DETERMINISTIC = "encryption.same-keys", "encryption.deterministic"
RUNNING, WELL, BACKUP, NAMES = "machines.running", "workloads.healthy", "etcd-backup.recent", "node-names.cluster"
ALL = (
    *(ADDRESS, CERTIFICATE, REPOSITORY, IMAGES, ADMIN, RELEASE, BALANCER, BALANCER_ADVISED, DNS, KEYS_SAME),
    *("parity.operators", DETERMINISTIC, RUNNING, WELL, BACKUP, NAMES),
)
OPERATORS = "parity.operators"
FOUND = Operators(("knative-operator",), ("KnativeEventing knative-eventing/main",))
HIDDEN = Problem("forbidden", "secrets is forbidden")
NODE = f"{STANDBY}-m2"


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Judge a pair in which some things are replaced, by all of these requirements."""

    def give(change: Callable[[dict[str, Any]], None] = lambda _site: None, **replaced: Any) -> Verdicts:
        return pair_judged(pair_snapshot(tmp_path, change, **replaced), *ALL)

    return give


@pytest.mark.parametrize("release", ["4.0", "4.1", "4.2", "4.3"])
def test_a_healthy_pair_meets_all(judge: Judge, release: str) -> None:
    found = judge(lambda site: site.update(release=release))
    assert found.with_outcome("failed", "broken") == set(), found.said()
    late = {DETERMINISTIC: "4.3", BACKUP: "4.2"}
    assert {name for name, _ in found.with_outcome("passed")} == {
        name for name in ALL if late.get(name, release) <= release
    }


def backup(made: datetime, result: str, message: str) -> Backup:
    return Backup(configured=True, made=made, result=result, message=message, records=1)


def side(**facts: Any) -> dict[str, Any]:
    return {"sides": {STANDBY: facts}}


def said(**changed: Any) -> dict[str, Any]:
    return side(said=settings(STANDBY, **changed))


def both_said(**changed: Any) -> dict[str, Any]:
    return {"sides": {name: {"said": settings(name, **changed)} for name in VIPS}}


def shut(*ports: int) -> dict[str, Any]:
    return side(front=front(STANDBY, ports={**front(STANDBY).ports, **{str(port): "refused" for port in ports}}))


def keys(**changed: Any) -> dict[str, Any]:
    return {"nodes": {NODE: {"encryption": replace(KEYS, **changed)}}}


def resolved(*addresses: str) -> dict[str, Any]:
    return {"nodes": {NODE: {"resolved": Resolved({DOMAIN: addresses})}}}


FAULTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "address": (ADDRESS, said(platform_address="https://other.example.com"), "on the primary and other.example.com"),
    "no domain": (ADDRESS, both_said(platform_address="https://192.0.2.9:443"), "is 192.0.2.9 and not a domain"),
    "port": (ADDRESS, said(http_port="0"), "the HTTP port of standby-global is 0 and not 80"),
    "endpoint": (ADDRESS, said(cluster_endpoint="192.0.2.7"), "endpoint of standby-global is 192.0.2.7"),
    "others": (ADDRESS, said(other_addresses=["https://192.0.2.10"]), "lack its VIP 198.51.100.10"),
    "certificate": (CERTIFICATE, side(front=front(STANDBY, domain=Served(certificate("x")))), "the certificate is"),
    "registry": (REPOSITORY, said(repository_address="198.51.100.10:11443"), "and 198.51.100.10 on the standby"),
    "user": (REPOSITORY, said(repository_user="a mark of another"), "the users of both sides"),
    "password": (REPOSITORY, said(repository_password="mark 2"), "the passwords of both sides"),
    "no password": (REPOSITORY, both_said(repository_password=""), "is empty on primary-global, standby-global"),
    "not the domain": (REPOSITORY, both_said(repository_address="192.0.2.9"), "is not the platform's domain"),
    "images": (
        IMAGES,
        side(registry=RegistryContents("r", {"acp/sentry": ("v1", "v2")})),
        "repositories missing on the standby: 1 of 2",
    ),
    "tags": (
        IMAGES,
        side(registry=RegistryContents("r", {"acp/sentry": ("v1",), "acp/console": ("v1",)})),
        "sentry:v2",
    ),
    "operator": (OPERATORS, side(operators=Operators((), FOUND.instances)), "lacks operators: knative-operator"),
    "instance": (OPERATORS, side(operators=Operators(FOUND.subscriptions)), "lacks instances: KnativeEventing"),
    "admin": (ADMIN, said(admin_user="root"), "admin on the primary and root on the standby"),
    "no admin": (ADMIN, both_said(admin_user=""), "(empty)"),
    "closed": (BALANCER, shut(6443), "port 6443 of the VIP 198.51.100.10 takes no connection (refused)"),
    "etcd closed": (BALANCER, shut(2379), "port 2379"),
    "layer 7": (BALANCER, side(front=front(STANDBY, etcd=Served(certificate("proxy")))), "CN=proxy of CN=authority"),
    "plain": (BALANCER, side(front=front(STANDBY, etcd=Served(failure="wrong version number"))), "makes no TLS"),
    "http": (BALANCER_ADVISED, shut(80), "port 80"),
    "keys": (KEYS_SAME, keys(digest="1f" * 32), f"the keys on {NODE} are not those on primary-global-m1"),
    "open file": (KEYS_SAME, keys(mode="644"), f"on {NODE} the file is owned by root:root with mode 644"),
    "owned file": (KEYS_SAME, keys(owner="1000:1000"), "owned by 1000:1000"),
    "key twice": (KEYS_SAME, keys(key_names=("aescbc1/a", "aescbc1/a")), f"on {NODE} keys share a name: aescbc1/a"),
    "no file": (
        KEYS_SAME,
        {"nodes": {NODE: {"encryption": type(KEYS)(present=False)}}},
        f"there is no such file on {NODE}",
    ),
    "node": (DNS, resolved(VIPS[STANDBY]), f"node {NODE} resolves it to 198.51.100.10, so standby-global is active"),
    "nowhere": (DNS, resolved("203.0.113.9"), "203.0.113.9, which is neither side's VIP"),
    "unknown": (DNS, resolved(), f"node {NODE} does not resolve it"),
    "both": (DNS, resolved(*VIPS.values()), "more than primary-global is active"),
    "here": (DNS, {"pair": {"domain_here": DomainHere(DOMAIN, (VIPS[STANDBY],))}}, "this machine resolves it"),
    "mode": (DETERMINISTIC, said(encryption_mode="random"), "the mode of standby-global is random"),
    "group": (DETERMINISTIC, said(encryption_group="2"), "group-1 on the primary and 2 on the standby"),
    "root key": (DETERMINISTIC, said(encryption_root_key="mark 9"), "root keys of both sides are not the same"),
    "backup failed": (
        BACKUP,
        side(backup=backup(datetime.now(timezone.utc), "Failed", "no space")),
        "no space",
    ),
    "no backup": (BACKUP, side(backup=Backup(configured=True)), "no backup of etcd"),
    "old backup": (
        BACKUP,
        side(backup=backup(datetime(2026, 10, 1, tzinfo=timezone.utc), "Success", "")),
        "of 2026-10-01",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_its_own_requirement_alone(judge: Judge, fault: str) -> None:
    requirement, replaced, words = FAULTS[fault]
    found = judge(lambda site: site.update(release="4.3"), **replaced)
    assert {name for name, _ in found.with_outcome("failed", "broken")} == {requirement}, found.said()
    assert found.with_outcome("broken") == set()
    assert words in found.said()


def test_faults_of_one_cluster_are_told_of_it_alone(judge: Judge) -> None:
    machine = named("mc-9", status={"phase": "Initializing"})
    found = judge(objects={STANDBY: {MACHINES: [machine]}})
    assert found.with_outcome("failed", "broken") == {(RUNNING, STANDBY)}
    sick = named("sentry", "cpaas-system", status={"observedGeneration": 1, "conditions": []})
    for objects in (
        {APP_RELEASES: [sick]},
        {PODS: [named("web-0", "acme", spec={"containers": [{"name": "a"}]}, status={"phase": "Pending"})]},
        {NODES: [node("standby-global-m1", "198.51.100.11") | {"spec": {"unschedulable": True}}]},
    ):
        found = judge(objects={STANDBY: objects})
        assert found.with_outcome("failed", "broken") == {(WELL, STANDBY)}, found.said()


def test_a_self_signed_certificate_on_both_sides_fails(judge: Judge) -> None:
    served = Served(certificate(self_signed=True))
    found = judge(sides={name: {"front": front(name, domain=served)} for name in VIPS})
    assert found.with_outcome("failed", "broken") == {(CERTIFICATE, PAIR)}
    assert "standby-global serves a self-signed certificate" in found.said()


def test_a_planned_certificate_must_be_the_one_that_is_served(judge: Judge) -> None:
    found = judge(lambda site: site["parameters"]["certificate"].update(fingerprint="ab" * 32))
    assert found.with_outcome("failed", "broken") == {(CERTIFICATE, PAIR)}
    assert "the inventory plans abababab" in found.said()


@pytest.mark.parametrize(("release", "outcome"), [("4.0", "failed"), ("4.1", "passed")])
def test_etcds_port_may_be_closed_where_the_other_side_reaches_etcd_directly(
    judge: Judge, release: str, outcome: str
) -> None:
    def direct(site: dict[str, Any]) -> None:
        site["release"] = release
        site["clusters"][STANDBY]["etcd_endpoints"] = ["https://198.51.100.11:2379"]

    assert judge(direct, **shut(2379))[BALANCER, STANDBY][0] == outcome


def test_a_self_built_vip_fails(judge: Judge) -> None:
    found = judge(lambda site: site["parameters"].update(self_built_vip={"enabled": True}))
    assert found.with_outcome("failed") == {(BALANCER, PRIMARY), (BALANCER, STANDBY)}


def test_stale_coredns_pods_are_named(tmp_path: Path) -> None:
    snapshot = pair_snapshot(tmp_path)
    platform: Any = snapshot.targets["platform", STANDBY]
    platform.add({"names": names_in(coredns_b=VIPS[STANDBY])})
    found = pair_judged(snapshot, DNS)
    assert found[DNS, PAIR][0] == "failed"
    assert "CoreDNS Pod coredns-b in standby-global answers 198.51.100.10 and not 192.0.2.10" in found.said()
    assert "coredns-a" not in found.said()


def test_where_no_name_server_answers_nothing_is_judged(tmp_path: Path) -> None:
    down = "connection timed out; no servers could be reached"
    nodes: dict[str, dict[str, Any]] = {
        f"{name}-m{number}": {"resolved": Resolved({DOMAIN: ()})} for name in VIPS for number in (1, 2, 3)
    }
    here = DomainHere(DOMAIN, failure="[Errno -3] Temporary failure in name resolution")
    snapshot = pair_snapshot(tmp_path, pair={"domain_here": here}, nodes=nodes)
    for name in VIPS:
        lookups = tuple(Lookup(DOMAIN, server, failure=down) for server in ("", "coredns-a"))
        facts: Any = snapshot.targets["platform", name]
        facts.add({"names": Names(lookups, ("coredns-a",), DOMAIN)})
    found = pair_judged(snapshot, DNS)
    assert found[DNS, PAIR][0] == "broken"
    assert "this machine: no server answered" in found.said()


UNKNOWN: dict[str, tuple[set[str], dict[str, Any]]] = {
    "settings": ({ADDRESS, REPOSITORY, ADMIN, DETERMINISTIC}, side(said=HIDDEN)),
    "one setting": ({ADMIN}, said(admin_user=HIDDEN)),
    "credentials": ({REPOSITORY}, said(repository_password=HIDDEN)),
    "VIP": ({CERTIFICATE, BALANCER, BALANCER_ADVISED}, side(front=HIDDEN)),
    "no handshake": ({CERTIFICATE}, side(front=front(STANDBY, domain=Served(failure="timed out")))),
    "no route": (
        {BALANCER, BALANCER_ADVISED},
        side(front=front(STANDBY, ports=dict.fromkeys(front(STANDBY).ports, "no-route"))),
    ),
    "older TLS": ({BALANCER}, side(front=front(STANDBY, etcd=Served(failure="sslv3 alert handshake failure")))),
    "nothing to compare": ({BALANCER}, side(front=front(STANDBY, etcd_on_nodes={}, node_addresses=()))),
    "registry": ({IMAGES}, side(registry=HIDDEN)),
    "empty registry": ({IMAGES}, {"sides": {PRIMARY: {"registry": RegistryContents("r", {})}}}),
    "keys": ({KEYS_SAME}, {"nodes": {NODE: {"encryption": HIDDEN}}}),
    "no names of keys": ({KEYS_SAME}, keys(key_names=())),
    "names": ({DNS}, {"nodes": {NODE: {"resolved": HIDDEN}}}),
    "operators": ({OPERATORS}, side(operators=HIDDEN)),
    "backup": ({BACKUP}, side(backup=HIDDEN)),
    "machines": ({RUNNING, WELL} - {WELL}, {"objects": {STANDBY: {MACHINES: []}}}),
    "pods": ({WELL}, {"objects": {STANDBY: {PODS: ApiError("forbidden", "pods is forbidden")}}}),
    "no pods": ({WELL}, {"objects": {STANDBY: {PODS: []}}}),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_not_known_is_broken_and_never_passed(judge: Judge, what: str) -> None:
    requirements, replaced = UNKNOWN[what]
    found = judge(lambda site: site.update(release="4.3"), **replaced)
    assert {name for name, _ in found.with_outcome("broken")} == requirements, found.said()
    assert found.with_outcome("failed") == set()


def test_where_the_primary_has_no_operators_none_is_owed(judge: Judge) -> None:
    found = judge(sides={PRIMARY: {"operators": Operators(())}})
    assert found[OPERATORS, PAIR] == ("not_applicable", "operators is not installed")


def test_without_cluster_enhancer_no_backup_is_owed(judge: Judge) -> None:
    found = judge(**side(backup=Backup(configured=False)))
    outcome, reason = found[BACKUP, STANDBY]
    assert outcome == "not_applicable"
    assert "Cluster Enhancer is not installed" in reason


def test_a_backup_may_be_late_for_half_a_day(judge: Judge) -> None:
    made = datetime.fromisoformat("2026-11-21T00:00:00+00:00") - timedelta(hours=35)
    assert judge(**side(backup=backup(made, "Success", "")))[BACKUP, STANDBY][0] == "passed"
