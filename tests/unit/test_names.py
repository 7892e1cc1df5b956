"""Names in the cluster: what each kind of nslookup prints, and what is wrong with the answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.collect.platform.names import names_in_cluster
from acp_acceptance.collect.platform.places import Places
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.names import Lookup, Names, misresolved, read_lookup, require_asked
from cluster_api import ClusterApi, Command, failure, listing, pod

OLD_BUSYBOX = """\
Server:    10.4.0.10
Address 1: 10.4.0.10 kube-dns.kube-system.svc.cluster.local

Name:      kubernetes.default.svc.cluster.local
Address 1: 10.4.0.1 kubernetes.default.svc.cluster.local
"""
NEW_BUSYBOX = """\
Server:\t\t10.4.0.10
Address:\t10.4.0.10:53

Name:\tkubernetes.default.svc.cluster.local
Address: 10.4.0.1

*** Can't find kubernetes.default.svc.cluster.local: No answer

"""
BIND = """\
Server:\t\t10.4.0.10
Address:\t10.4.0.10#53

Name:\tkubernetes.default.svc.cluster.local
Address: 10.4.0.1

"""
BIND_ALIAS = """\
;; Got recursion not available from 10.4.0.10
Server:\t\t10.4.0.10
Address:\t10.4.0.10#53

Non-authoritative answer:
acp.example.com\tcanonical name = lb.example.com.
Name:\tlb.example.com
Address: 192.0.2.11
Name:\tlb.example.com
Address: 192.0.2.10
Name:\tlb.example.com
Address: 2001:db8:0::10

"""


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (OLD_BUSYBOX, ("10.4.0.1",)),
        (NEW_BUSYBOX, ("10.4.0.1",)),
        (BIND, ("10.4.0.1",)),
        (BIND_ALIAS, ("192.0.2.10", "192.0.2.11", "2001:db8::10")),
    ],
)
def test_answers_of_each_nslookup_are_read(text: str, addresses: tuple[str, ...]) -> None:
    assert read_lookup("n", "s", text) == Lookup("n", "s", addresses)


@pytest.mark.parametrize(
    "text",
    [
        "Server:    10.4.0.10\nAddress 1: 10.4.0.10\n\nnslookup: can't resolve 'a.b'\n",
        "Server:\t\t10.4.0.10\nAddress:\t10.4.0.10:53\n\n** server can't find a.b: NXDOMAIN\n",
        "Server:\t\t10.4.0.10\nAddress:\t10.4.0.10#53\n\n** server can't find a.b: SERVFAIL\n",
        # Recorded from busybox 1.35 with nobody at the address.
        ";; connection timed out; no servers could be reached\n\nnslookup: write to '127.0.0.1': Connection refused\n",
    ],
)
def test_a_name_that_does_not_resolve_is_a_fact(text: str) -> None:
    found = read_lookup("a.b", "", text)
    assert found.failure
    assert not found.addresses


@pytest.mark.parametrize("text", ["", "sh: nslookup: not found", "Name: x\nAddress: not-one\n"])
def test_what_has_no_known_form_is_no_fact(text: str) -> None:
    with pytest.raises(CollectionError, match="nslookup printed nothing known"):
        read_lookup("a.b", "", text)


API, DOMAIN = "kubernetes.default.svc.cluster.local", "acp.example.com"
HEALTHY = Names(
    tuple(
        Lookup(name, server, addresses)
        for name, addresses in ((API, ("10.4.0.1",)), (DOMAIN, ("192.0.2.10",)))
        for server in ("", "coredns-1", "coredns-2")
    ),
    ("coredns-1", "coredns-2"),
    DOMAIN,
    ("192.0.2.10", "192.0.2.20"),
)


def changed(number: int, **values: Any) -> Names:
    lookups = list(HEALTHY.lookups)
    lookups[number] = replace(lookups[number], **values)
    return replace(HEALTHY, lookups=tuple(lookups))


def test_names_that_resolve_alike_are_well() -> None:
    assert not [*misresolved(HEALTHY)]
    require_asked(HEALTHY)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (changed(0, addresses=(), failure="NXDOMAIN"), "unresolved"),
        (changed(2, addresses=(), failure="timed out"), "unresolved_at"),
        (changed(5, addresses=("192.0.2.99",)), "differs"),
        (replace(HEALTHY, expected=("192.0.2.30",)), "elsewhere"),
    ],
)
def test_a_name_that_is_not_well_is_named(names: Names, sentence: str) -> None:
    assert [name for name, _ in misresolved(names)] == [sentence]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (changed(4, addresses=(), problem="exec was refused"), "acp.example.com could not be asked for at coredns-1"),
        (replace(HEALTHY, servers=()), "no running CoreDNS Pod"),
        (replace(HEALTHY, domain="", problem="nobody says the address"), "nobody says the address"),
    ],
)
def test_what_could_not_be_asked_is_not_judged_well(names: Names, said: str) -> None:
    with pytest.raises(CollectionError, match=said):
        require_asked(names)


DOCUMENTS: dict[str, Any] = {
    "/apis/apps/v1/namespaces/cpaas-system/deployments/sentry": {
        "spec": {"selector": {"matchLabels": {"service_name": "sentry"}}}
    },
    "/api/v1/namespaces/cpaas-system/pods?labelSelector=service_name=sentry": listing(
        pod("sentry-0", phase="Pending"), pod("sentry-1", containers=("sentry",))
    ),
    "/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app=kube-dns": listing(
        pod("coredns-1", address="10.3.0.2"), pod("coredns-2", address="10.3.0.3"), pod("coredns-3", phase="Pending")
    ),
}
PLACES = Places(access={DOMAIN: "platform address"}, platform_address=DOMAIN)


def printed(words: list[str]) -> Command:
    address = "10.4.0.1" if words[1] == API else "192.0.2.10"
    return Command(f"Server: x\nAddress: 10.4.0.10#53\n\nName: {words[1]}\nAddress: {address}\n".encode())


def test_names_are_asked_for_in_sentry_of_each_server() -> None:
    asked: list[tuple[str, ...]] = []

    def run(name: str, words: list[str]) -> Command:
        asked.append((name, *words))
        return printed(words)

    with ClusterApi(DOCUMENTS, run).running() as api:
        names = names_in_cluster(api, PLACES, ["192.0.2.10"])
    assert not [*misresolved(names)]
    require_asked(names)
    assert sorted(asked) == sorted(
        ("sentry-1", "nslookup", name, *server)
        for name in (API, DOMAIN)
        for server in ((), ("10.3.0.2",), ("10.3.0.3",))
    )


def test_a_server_with_an_old_answer_is_found() -> None:
    def run(_: str, words: list[str]) -> Command:
        old = Command(f"Server: x\nAddress: x\n\nName: {DOMAIN}\nAddress: 192.0.2.99\n".encode())
        return old if words[1:] == [DOMAIN, "10.3.0.3"] else printed(words)

    with ClusterApi(DOCUMENTS, run).running() as api:
        (fault,) = misresolved(names_in_cluster(api, PLACES, ["192.0.2.10"]))
    assert fault == (
        "differs",
        {"name": DOMAIN, "server": "coredns-2", "addresses": ("192.0.2.99",), "usual": ("192.0.2.10",)},
    )


def test_an_address_needs_no_resolving() -> None:
    places = Places(access={"192.0.2.10": "platform address"}, platform_address="192.0.2.10")
    with ClusterApi(DOCUMENTS, lambda _, words: printed(words)).running() as api:
        names = names_in_cluster(api, places, [])
    assert {lookup.name for lookup in names.lookups} == {API}
    require_asked(names)


def test_exec_that_is_forbidden_is_a_problem_of_each_lookup() -> None:
    with ClusterApi(DOCUMENTS, lambda *_: 403).running() as api:
        names = names_in_cluster(api, PLACES, [])
    with pytest.raises(CollectionError, match=r"exec of nslookup in cpaas-system/sentry-1 was refused with status 403"):
        require_asked(names)


def test_a_pod_without_nslookup_is_a_problem() -> None:
    with ClusterApi(DOCUMENTS, lambda *_: Command(stderr=b"not found", ending=failure(127))).running() as api:
        names = names_in_cluster(api, PLACES, [])
    assert not [*misresolved(names)]
    with pytest.raises(CollectionError, match="nslookup printed nothing known"):
        require_asked(names)


@pytest.mark.parametrize("missing", [path for path in DOCUMENTS if "cpaas-system" in path])
def test_without_sentry_nothing_can_be_asked(missing: str) -> None:
    documents = {**DOCUMENTS, missing: 404 if "deployments" in missing else listing()}
    with ClusterApi(documents).running() as api, pytest.raises(ApiError):
        names_in_cluster(api, PLACES, [])
