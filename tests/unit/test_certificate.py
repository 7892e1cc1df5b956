"""The own certificate, with every fault that one can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from acp_acceptance.collect.certificates import certificate_file
from acp_acceptance.model.certificate import CertificateFile, out_of_time, require_known, uncovered, unusable
from acp_acceptance.model.cluster import PlannedInstallation
from acp_acceptance.model.measurement import CollectionError, Problem
from certificates import NOW, Authority, authority, issued

if TYPE_CHECKING:
    from pathlib import Path

PLANNED = PlannedInstallation(platform_address="acp.example.com", other_platform_addresses=("192.0.2.10",))
AUTHORITY = authority()


def read(
    folder: Path, of: Authority = AUTHORITY, content: bytes | None = None, key: bytes | None = None
) -> CertificateFile:
    file, key_file = of.write(folder, content, key)
    facts = certificate_file(str(file), str(key_file))
    assert isinstance(facts, CertificateFile)
    return facts


def faults(certificate: CertificateFile, planned: PlannedInstallation = PLANNED, *, own: bool = False) -> set[str]:
    found = [*unusable(certificate, own=own), *uncovered(certificate, planned)]
    found += out_of_time(certificate.chain, NOW, 30)
    return {sentence for sentence, _ in found}


@pytest.mark.parametrize("key", [None, ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_a_good_certificate_has_no_fault(tmp_path: Path, key: ec.EllipticCurvePrivateKey | None) -> None:
    certificate = read(tmp_path, authority(key=key))
    assert faults(certificate, own=True) == set()
    require_known(certificate, PLANNED)


def test_the_root_may_stand_in_the_file_too(tmp_path: Path) -> None:
    content = AUTHORITY.leaf.pem + AUTHORITY.middle.pem + AUTHORITY.root.pem
    assert faults(read(tmp_path, content=content)) == set()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (AUTHORITY.leaf.pem, "issuer_missing"),
        (AUTHORITY.leaf.pem + AUTHORITY.root.pem, "issuer_missing"),
        (AUTHORITY.leaf.pem + AUTHORITY.root.pem + AUTHORITY.middle.pem, "order"),
        (AUTHORITY.leaf.pem + authority().middle.pem, "signature"),
        (b"not a certificate", "form_none"),
        (b"", "form_none"),
        (AUTHORITY.leaf.key_pem(), "form_none"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "form_none"),
        (AUTHORITY.leaf.certificate.public_bytes(Encoding.DER), "form_der"),
    ],
)
def test_a_file_that_is_not_the_whole_chain_in_order(tmp_path: Path, content: bytes, fault: str) -> None:
    assert fault in faults(read(tmp_path, content=content))


def test_the_authority_first_is_neither_in_order_nor_for_the_platform(tmp_path: Path) -> None:
    found = faults(read(tmp_path, content=AUTHORITY.middle.pem + AUTHORITY.leaf.pem))
    assert found == {"issuer_missing", "key", "name"}


def test_a_self_signed_certificate_will_do_without_disaster_recovery_only(tmp_path: Path) -> None:
    alone = issued("acp.example.com", names=["acp.example.com"], addresses=["192.0.2.10"])
    certificate = read(tmp_path, content=alone.pem, key=alone.key_pem())
    assert faults(certificate) == set()
    assert faults(certificate, own=True) == {"self_signed"}


@pytest.mark.parametrize(
    ("days", "found"),
    [((1, 365), {"not_yet"}), ((-365, 0), {"expired"}), ((-365, 29), {"expiring"}), ((-365, 30), set())],
)
def test_dates_are_judged_by_the_time_of_the_snapshot(tmp_path: Path, days: tuple[int, int], found: set[str]) -> None:
    assert faults(read(tmp_path, authority(days=days))) == found


def test_an_issuer_that_expires_counts_too(tmp_path: Path) -> None:
    root = issued("Root")
    middle = issued("Middle", root, days=(-100, 5))
    leaf = issued("acp.example.com", middle, names=["acp.example.com"], addresses=["192.0.2.10"])
    assert faults(read(tmp_path, Authority(root, middle, leaf))) == {"expiring"}


def test_a_key_of_another_certificate_does_not_fit(tmp_path: Path) -> None:
    assert faults(read(tmp_path, key=AUTHORITY.middle.key_pem())) == {"key"}


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (AUTHORITY.leaf.key_pem("hush-hush"), "is protected by a passphrase"),
        (b"pl4nted-c4nary", "holds no private key in PEM form"),
        (b"-----BEGIN PRIVATE KEY-----\npl4nted-c4nary\n-----END PRIVATE KEY-----\n", "holds no private key"),
    ],
)
def test_a_key_that_cannot_be_read_is_not_measured(tmp_path: Path, key: bytes, why: str) -> None:
    certificate = read(tmp_path, key=key)
    assert faults(certificate) == set()
    assert "pl4nted" not in repr(certificate)
    with pytest.raises(CollectionError, match=why):
        require_known(certificate, PLANNED)


def test_files_that_are_not_there_are_not_measured(tmp_path: Path) -> None:
    file, _ = AUTHORITY.write(tmp_path)
    assert isinstance(certificate_file(str(tmp_path / "none.pem"), None), Problem)
    for key_file in (None, str(tmp_path / "none.key")):
        certificate = certificate_file(str(file), key_file)
        assert isinstance(certificate, CertificateFile)
        with pytest.raises(CollectionError):
            require_known(certificate, PLANNED)


@pytest.mark.parametrize(
    ("names", "address", "covered"),
    [
        (["acp.example.com"], "ACP.Example.com.", True),
        (["*.example.com"], "acp.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "a.acp.example.com", False),
        (["*"], "acp", False),
        (["acp.example.com"], "192.0.2.10", False),
        (["192.0.2.10"], "192.0.2.10", False),
    ],
)
def test_names_are_matched_as_browsers_do(names: list[str], address: str, covered: bool) -> None:  # noqa: FBT001 - a case
    assert CertificateFile("pem", names=tuple(names)).covers(address) is covered


def test_addresses_are_matched_as_addresses() -> None:
    certificate = CertificateFile("pem", addresses=("192.0.2.10", "2001:db8::10"))
    assert certificate.covers("[2001:DB8:0::10]")
    assert not certificate.covers("192.0.2.11")
