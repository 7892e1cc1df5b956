"""A planned disaster recovery pair, from the inventory to the verdict on both clusters."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suite import SuiteRun

PARAMETERS = "preflight.recovery.dr-parameters"
PASSWORD = {"ACP_REGISTRY_PASSWORD": "pl4nted-c4nary"}


def inventory(path: Path, change: Callable[[dict[str, Any]], None] = lambda _site: None) -> Path:
    """Write the example of a pair, with nodes that refuse connections at once."""
    document = yaml.safe_load((ROOT / "inventories" / "multi-cluster-dr.yml").read_text(encoding="utf-8"))
    ports = iter(range(1, 20))
    for cluster in ("primary-global", "standby-global"):
        for group in document[cluster]["children"].values():
            for host in group["hosts"].values():
                host |= {"ansible_host": "127.0.0.1", "ansible_port": next(ports)}
    change(document["all"]["vars"]["acp"])
    file = path / "site.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def test_parameters_as_the_guide_wants_them_pass_on_both_sides(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    run = run_suite(f"--acp-inventory={inventory(tmp_path)}", environment=PASSWORD)
    assert run.outcomes(PARAMETERS) == {
        (PARAMETERS, "primary-global"): "passed",
        (PARAMETERS, "standby-global"): "passed",
    }
    assert run.results["verdict"] == "not accepted"
    for file in (path for path in run.reports.rglob("*") if path.is_file()):
        assert b"pl4nted-c4nary" not in file.read_bytes()


def set_port(site: dict[str, Any]) -> None:
    site["parameters"]["http_port"] = 8080


def set_endpoint(site: dict[str, Any]) -> None:
    site["clusters"]["standby-global"]["parameters"]["cluster_endpoint"] = "acp.example.com"


def set_admin(site: dict[str, Any]) -> None:
    site["clusters"]["standby-global"]["parameters"]["admin_user"] = "other@example.com"


@pytest.mark.parametrize(
    ("change", "failed", "said"),
    [
        (set_port, {"primary-global", "standby-global"}, "the HTTP port is 8080 and not 80"),
        (set_endpoint, {"standby-global"}, "the cluster endpoint acp.example.com is not the VIP 198.51.100.10"),
        (set_admin, {"primary-global", "standby-global"}, "admin_user is other@example.com here and admin@example.com"),
    ],
)
def test_parameters_that_recovery_forbids_fail(
    run_suite: Callable[..., SuiteRun],
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    failed: set[str],
    said: str,
) -> None:
    run = run_suite(f"--acp-inventory={inventory(tmp_path, change)}", environment=PASSWORD)
    outcomes = run.outcomes(PARAMETERS)
    assert {target for (_, target), outcome in outcomes.items() if outcome == "failed"} == failed
    assert said in run.output


def test_a_password_that_is_not_given_is_not_measured(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite(f"--acp-inventory={inventory(tmp_path)}")
    assert set(run.outcomes(PARAMETERS).values()) == {"broken"}
    assert "the inventory does not say password" in run.output


def test_an_empty_password_fails(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    run = run_suite(f"--acp-inventory={inventory(tmp_path)}", environment={"ACP_REGISTRY_PASSWORD": ""})
    assert set(run.outcomes(PARAMETERS).values()) == {"failed"}
    assert "the image registry's password is empty" in run.output


def test_the_fingerprint_of_a_certificate_is_taken_from_its_file(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=acp",
    ]
    subprocess.run(
        [*command, "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True
    )

    def change(site: dict[str, Any]) -> None:
        site["parameters"]["certificate"] = {"kind": "own", "file": str(tmp_path / "cert.pem")}

    run = run_suite(f"--acp-inventory={inventory(tmp_path, change)}", environment=PASSWORD)
    assert set(run.outcomes(PARAMETERS).values()) == {"passed"}
    (tmp_path / "cert.pem").unlink()
    run = run_suite(f"--acp-inventory={inventory(tmp_path, change)}", environment=PASSWORD)
    assert set(run.outcomes(PARAMETERS).values()) == {"broken"}


def test_a_site_without_a_pair_owes_nothing_of_it(run_suite: Callable[..., SuiteRun]) -> None:
    run = run_suite("--hosts=root@127.0.0.1:1", "--acp-release=4.2", "--acp-role=worker")
    assert set(run.outcomes(PARAMETERS).values()) == {"not_applicable"}
