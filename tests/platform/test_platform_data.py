"""What the lab's platform consists of, without a cluster: objects, faults, and that the two fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509

from lab.platform.api import reference
from lab.platform.certificates import DAYS, Authority
from lab.platform.faults import FAULTS, acp, appreleases, cluster, nodes, pods
from lab.platform.faults.names import ALL, CONSOLE, COUNT, ETCD_ADVISED, KUBERNETES, LOAD_BALANCER, REGISTRY
from lab.platform.objects import definitions, healthy
from lab.platform.reader import RULES, SCOPED, reader
from lab.platform.releases import RELEASES
from lab.platform.resources import CHARTS
from lab.platform.serving import Balancing
from lab.platform.site import PLANTED_SECRETS, Site, SiteNode

if TYPE_CHECKING:
    from collections.abc import Iterator

NODES = (SiteNode("cp-1", "192.0.2.11", True), SiteNode("worker-1", "192.0.2.21", False))  # noqa: FBT003 - roles
NOT_BROKEN = {CONSOLE, REGISTRY, LOAD_BALANCER}  # no answer is their failure
NOT_SHOWN = {KUBERNETES}  # it is judged against a release that does not create the plane's version


def site(release: str = "4.2", cni: str = "kube-ovn") -> Site:
    authority = Authority("acp.example.com", ("192.0.2.10",))
    return Site(RELEASES[release], "v1.34.4", "acp.example.com", "192.0.2.10", NODES, authority, "busybox", cni)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (*texts(key), *texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)


@pytest.mark.parametrize("release", RELEASES)
def test_each_kind_that_is_defined_has_an_object_and_the_other_way_round(release: str) -> None:
    defined = {item["spec"]["names"]["kind"] for item in definitions(RELEASES[release])}
    versions = {item["spec"]["group"] for item in definitions(RELEASES[release])}
    made = {item["kind"] for item in healthy(site(release)) if item["apiVersion"].partition("/")[0] in versions}
    assert made == defined
    assert ("ClusterVersionShadow" in made) == (release == "4.3")
    assert ("EtcdBackupConfiguration" in made) == (release in {"4.2", "4.3"})


@pytest.mark.parametrize("release", RELEASES)
def test_no_object_is_there_twice(release: str) -> None:
    found = [reference(item) for item in healthy(site(release))]
    assert len(set(found)) == len(found)


def test_the_cni_names_what_belongs_to_it() -> None:
    names = {reference(item).name for item in healthy(site(cni="calico"))}
    assert {"calico-node", "cni-calico"} <= names
    assert not {"kube-ovn-cni", "cni-kube-ovn"} & names


def test_secrets_are_planted_where_real_ones_are() -> None:
    said = "\n".join(text for item in healthy(site()) for text in texts(item))
    assert PLANTED_SECRETS[0] in said
    assert PLANTED_SECRETS[2] in said
    labels = [item["metadata"].get(key, {}) for item in healthy(site()) for key in ("labels", "annotations")]
    assert not any(secret in text for label in labels for text in texts(label) for secret in PLANTED_SECRETS)


def test_there_are_a_dozen_releases() -> None:
    assert len([item for item in healthy(site()) if item["kind"] == "AppRelease"]) == len(CHARTS) == 12


def test_faults_have_names_of_their_own() -> None:
    listed = [fault.name for area in (acp, appreleases, cluster, nodes, pods) for fault in area.FAULTS]
    assert sorted(listed) == sorted(FAULTS)


def test_each_requirement_is_seen_to_fail_and_to_break() -> None:
    failing = {fault.requirement for fault in FAULTS.values() if not fault.breaks}
    breaking = {name for fault in FAULTS.values() if fault.breaks for name in (fault.requirement, *fault.also)}
    assert set(ALL) - failing == NOT_SHOWN
    assert set(ALL) - breaking == NOT_BROKEN
    assert COUNT in failing
    assert ETCD_ADVISED in failing


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_a_fault_is_for_requirements_that_there_are(fault: Any) -> None:
    assert fault.requirement in ("", *ALL)
    assert set(fault.also) <= set(ALL)
    assert fault.requirement not in fault.also
    assert set(fault.releases) <= set(RELEASES)
    assert fault.steps


def test_a_right_that_is_taken_is_gone_and_no_other() -> None:
    def rules(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [rule for item in items for rule in item.get("rules", [])]

    assert len(rules(reader())) == len(RULES) + len(SCOPED)
    for name in (*RULES, *SCOPED):
        assert len(rules(reader({name}))) == len(RULES) + len(SCOPED) - 1, name


@pytest.mark.parametrize("kind", DAYS)
def test_certificates_are_what_they_are_called(kind: str) -> None:
    authority = Authority("acp.example.com", ("192.0.2.10",))
    found = authority.certificate(kind).certificate
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert (names.get_values_for_type(x509.DNSName) == ["acp.example.com"]) == (kind != "other-name")
    signed = kind not in {"foreign", "self-signed"}
    assert (found.issuer == authority.root.certificate.subject) == signed
    assert (found.issuer == found.subject) == (kind == "self-signed")
    if signed:
        found.verify_directly_issued_by(authority.root.certificate)
    assert authority.certificate(kind).certificate is found


def test_the_balancer_leads_to_control_plane_nodes() -> None:
    words = Balancing().configuration(site())
    assert "server cp-1 192.0.2.11:11443" in words
    assert "worker-1" not in words
    assert "bind 192.0.2.10:443" in words
