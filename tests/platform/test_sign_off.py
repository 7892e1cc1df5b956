"""The sign-off of an installed cluster as people do it: rights, waiting, ways to the cluster, the guides' own commands."""

from __future__ import annotations

import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from installed import BAD, Installed, installed, red

from lab import LabError
from lab.platform import FAULTS
from lab.platform.site import PLANTED_SECRETS
from suite import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELEASE = "4.0"
FROM_OUTSIDE = {
    f"postinstall.{name}"
    for name in (
        "control-plane.apiserver",
        "platform.certificates",
        "platform.certificates-advised",
        "platform.installer-removed",
        "platform.load-balancer",
        "platform.registry",
        "platform.web-console",
    )
}
PODS, RELEASES = "postinstall.pods.healthy", "postinstall.appreleases.healthy"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with installed("1.31", RELEASE, tmp_path_factory.mktemp("sign-off")) as one:
        yield one


@pytest.fixture
def kubeconfig(site: Installed, tmp_path: Path) -> Path:
    """The kubeconfig of a user with just the rights of deploy/rbac.yaml."""
    site.plane.kubectl("apply", "-f", str(ROOT / "deploy" / "rbac.yaml"))
    token = site.plane.kubectl("-n", "acp-acceptance", "create", "token", "acp-acceptance").strip()
    document = yaml.safe_load(site.platform.kubeconfig.read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"token": token}
    file = tmp_path / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def test_the_rights_of_rbac_yaml_suffice_and_allow_no_change(site: Installed, kubeconfig: Path) -> None:
    run = site.judge(f"--acp-kubeconfig={kubeconfig}")
    assert red(run) == set(), run.output
    user = ["--as=system:serviceaccount:acp-acceptance:acp-acceptance"]
    for verb in ("create", "update", "patch", "delete"):
        for kind in ("pods", "deployments.apps", "appreleases.operator.alauda.io", "secrets", "nodes"):
            with pytest.raises(LabError, match=r"^kubectl .* ended with 1"):
                site.plane.kubectl("auth", "can-i", verb, kind, "--all-namespaces", *user)
    with pytest.raises(LabError, match=r"^kubectl .* ended with 1"):
        site.plane.kubectl("auth", "can-i", "get", "secrets", "--all-namespaces", *user)


def test_nothing_that_is_secret_is_written_or_said(site: Installed, kubeconfig: Path) -> None:
    run = site.judge(f"--acp-kubeconfig={kubeconfig}")
    token = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]["token"]
    written = run.output + "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in run.folder.rglob("*") if path.is_file()
    )
    assert len(written) > 10_000
    assert not [secret for secret in (*PLANTED_SECRETS, token, "PRIVATE KEY") if secret in written]


def test_the_cluster_is_named_before_it_is_judged(site: Installed) -> None:
    said = site.judge().output.partition("test session starts")[0]
    assert f"ACP {RELEASE} postinstall of" in said
    assert f"{site.plane.server} ({site.platform.kubeconfig}, context global), Kubernetes v1.31" in said
    assert "1 nodes" in said


def test_an_ambient_kubeconfig_selects_nothing(site: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/no/such/kubeconfig")
    assert red(site.judge()) == set()


def test_the_first_node_gives_the_way_to_its_cluster(site: Installed) -> None:
    run = site.judge("--acp-kubeconfig=ssh")
    assert red(run) == set(), run.output
    assert "(/etc/kubernetes/admin.conf of cp-1)" in run.output


def test_a_kubeconfig_alone_is_enough_to_begin_with(site: Installed) -> None:
    run = site.judge(
        "--acp-topology=multi_cluster",
        f"--acp-kubeconfig={site.platform.kubeconfig}",
        f"--acp-release={RELEASE}",
        with_inventory=False,
    )
    assert run.outcomes(RELEASES)
    assert {"passed"} == set(run.outcomes(RELEASES).values()) == set(run.outcomes(PODS).values())


def test_a_run_is_judged_again_without_the_cluster(site: Installed) -> None:
    first = site.judge()
    again = site.judge(f"--acp-snapshot={first.folder}", with_inventory=False)
    assert again.outcomes() == first.outcomes()
    assert "nothing is connected to" in again.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": {"token": "wrong"}}, "does not accept the credentials"),
        ({"cluster": {"certificate-authority-data": None}}, "TLS failed"),
        ({"cluster": {"server": "https://127.0.0.1:1"}}, "does not answer"),
        ({"cluster": {"server": "https://[::1]:1"}}, "does not answer"),
        ({"current-context": "other"}, "has no context other; give --acp-context=, one of: global"),
    ],
)
def test_what_keeps_a_run_from_its_cluster_is_said_first_and_nothing_of_it_passes(
    site: Installed, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    document = yaml.safe_load(site.platform.kubeconfig.read_text(encoding="utf-8"))
    for key, value in change.items():
        if isinstance(value, dict):
            document[f"{key}s"][0][key].update(value)
        else:
            document[key] = value
    document["clusters"][0]["cluster"] = {
        key: value for key, value in document["clusters"][0]["cluster"].items() if value is not None
    }
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    run = site.judge(f"--acp-kubeconfig={file}")
    assert said in run.output.partition("test session starts")[0]
    # What is seen from outside needs no API.
    api = {item for item, outcome in run.outcomes().items() if outcome == "passed" and item[0] not in FROM_OUTSIDE}
    assert api == set()
    assert run.results["verdict"] == "not accepted"


@contextmanager
def undone_later(site: Installed, fault: str, seconds: float) -> Iterator[None]:
    """Seed a fault that goes away while a run waits."""
    seeded = FAULTS[fault]
    seeded.apply(site.platform)
    timer = threading.Timer(seconds, seeded.undo, [site.platform])
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_what_is_still_on_its_way_is_waited_for(site: Installed) -> None:
    with undone_later(site, "apprelease-health-unknown", 8):
        run = site.judge("--acp-wait=3m")
    assert red(run) == set(), run.output
    assert "1 thing is missing: AppRelease cpaas-system/" in run.output
    assert "settled after" in run.output


def test_waiting_ends(site: Installed) -> None:
    with site.platform.fault("apprelease-stale"):
        run = site.judge("--acp-wait=6s")
    assert "not settled after 6 s" in run.output
    assert red(run) == {RELEASES}
    (message,) = [
        item["message"]
        for item in run.results["verdicts"]
        if item["requirement"] == RELEASES and item["outcome"] in BAD
    ]
    assert "still reconciling" in message
    assert "--acp-wait=15m" in message


# "Installing: Verifying the installation", the same in all releases. Its header row is always printed.
GUIDE_PODS = """awk '{if ($4 != "Running" && $4 != "Completed")print}' | awk -F'[/ ]+' '{if ($3 != $4)print}'"""


def documented(site: Installed) -> tuple[set[str], set[str]]:
    """Run the guides' own commands: names of AppReleases that are not ready, and of Pods that are not well."""
    releases = {
        line.split()[1]
        for line in site.plane.kubectl("get", "apprelease", "--all-namespaces").splitlines()[1:]
        if line.split()[2:4] != ["Synced", "Ready"]
    }
    listed = site.plane.kubectl("get", "pod", "--all-namespaces")
    done = subprocess.run(["sh", "-c", GUIDE_PODS], input=listed, capture_output=True, text=True, check=True)
    return releases, {line.split()[1] for line in done.stdout.splitlines()[1:]}


def ours(site: Installed) -> tuple[set[str], set[str]]:
    verdicts = site.judge().results["verdicts"]
    releases = {
        item["target"].partition("/")[2]
        for item in verdicts
        if (item["requirement"], item["outcome"]) == (RELEASES, "failed")
    }
    pods = {
        finding["observed"]["name"] for item in verdicts if item["requirement"] == PODS for finding in item["findings"]
    }
    return releases, pods


AGREE = [
    "apprelease-not-ready",
    "pod-crashes",
    "pod-without-image",
    "pod-pending",
    "pod-completed",
    "pod-out-of-memory",
]
BLIND = ["pod-unready"]


@pytest.mark.parametrize("fault", AGREE)
def test_the_documented_commands_agree(site: Installed, fault: str) -> None:
    with site.platform.fault(fault):
        assert ours(site) == documented(site)


@pytest.mark.parametrize("fault", BLIND)
def test_where_the_documented_commands_are_blind_ours_are_not(site: Installed, fault: str) -> None:
    with site.platform.fault(fault):
        found, guide = ours(site), documented(site)
    assert guide == (set(), set())
    assert found[0] == set()
    assert len(found[1]) == 1
