"""A failover on two real clusters, step by step: what is undone is found and named, until all of it is green."""

from __future__ import annotations

import dataclasses
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from lab.pair import Pair
from lab.platform.api import Reference
from lab.platform.readiness import is_complete
from lab.platform.workloads import pod_spec, workload
from planes import runnable
from pods import in_pod, token_of
from suite import ROOT, SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.pair.side import Side

SYSTEM = "cpaas-system"
PASSWORD = "planted-elasticsearch-password"
ETCD_PORT = 2379
RESTARTED = ("cpaas-elasticsearch", "alertmanager", "vmselect", "vminsert", "cluster-transformer")
ELASTICSEARCH = """mkdir -p /www/_cluster; echo '{"status": "green"}' >/www/_cluster/health
echo '/:elastic:%s' >/tmp/httpd.conf; exec busybox httpd -f -p 9200 -h /www -c /tmp/httpd.conf"""


@dataclass
class Failover:
    """A pair, and a run after each step.

    Attributes:
        pair: both clusters.
        folder: of reports and inventory.
        switched: when the domain was switched.
    """

    pair: Pair
    folder: Path
    switched: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    runs: int = 0
    inventory: Path = field(init=False)
    inside: list[str] = field(init=False)
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Give each cluster the rights of deploy/, and the runs nothing more."""
        rights = [f"--filename={ROOT / 'deploy' / name}" for name in ("rbac.yaml", "rbac-comparison.yaml")]
        for side in (self.pair.primary, self.pair.standby):
            side.cluster.kubectl("apply", *rights)
        standby = self.pair.standby.cluster
        self.inside, self.environment = in_pod(standby.kubectl, standby.ca[0], standby.server, self.folder)
        document = yaml.safe_load(self.pair.write_inventory(self.folder).read_text(encoding="utf-8"))
        site = document["all"]["vars"]["acp"]
        site["dr"] = {"workload_clusters": {"production": {"kubeconfig": str(self.pair.primary.kubeconfig)}}}
        site["clusters"]["primary-global"]["kubeconfig"] = str(self.other_cluster())
        site["clusters"]["standby-global"]["kubeconfig"] = str(self.this_cluster())
        self.inventory = self.folder / "site.yml"
        self.inventory.write_text(yaml.safe_dump(document), encoding="utf-8")

    def other_cluster(self) -> Path:
        """Write the kubeconfig that the schedule has in a Secret: a token for the primary."""
        side = self.pair.primary
        document = yaml.safe_load(side.plane.kubeconfig.read_text(encoding="utf-8"))
        document["users"][0]["user"] = {"token": token_of(side.cluster.kubectl)}
        return written(self.folder / "other-cluster.yaml", document)

    def this_cluster(self) -> Path:
        """Write the kubeconfig that the schedule has in its ConfigMap: the account of its own Pod."""
        objects = yaml.safe_load_all((ROOT / "deploy" / "cronjob.yaml").read_text(encoding="utf-8"))
        (data,) = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
        document = yaml.safe_load(data["this-cluster.yaml"])
        # No cluster's DNS leads here.
        document["clusters"][0]["cluster"]["server"] = self.pair.standby.cluster.server
        return written(self.folder / "this-cluster.yaml", document)

    def judge(self, *options: str) -> SuiteRun:
        """Run the stage as its schedule does, in a Pod of the standby; all runs have one history."""
        self.runs += 1
        reports = self.folder / f"reports-{self.runs}"
        if self.runs > 1:
            shutil.copytree(
                self.folder / f"reports-{self.runs - 1}" / "lab-pair" / "history", reports / "lab-pair" / "history"
            )
        return judged(
            reports,
            "--acp-stage=dr",
            f"--acp-inventory={self.inventory}",
            "--acp-allure=never",
            *options,
            inside=[*self.pair.inside, *self.inside],
            environment={**self.environment, "ACP_REGISTRY_PASSWORD": "unused"},
        )

    def judge_failover(self) -> SuiteRun:
        """Run phase failover."""
        return self.judge("--acp-dr-phase=failover", f"--acp-failover-at={self.switched.isoformat()}")

    def start_elasticsearch(self, password: str) -> None:
        """Let Log Storage answer one who knows a password, and the platform have that in its Secret."""
        side = self.pair.standby
        pod = pod_spec(side.site.image, ELASTICSEARCH % password, name="elasticsearch")
        labels = {"service_name": "cpaas-elasticsearch"}
        replace(side, workload("Deployment", SYSTEM, "cpaas-elasticsearch", labels, pod, replicas=1))
        side.cluster.kubectl("-n", SYSTEM, "delete", "secret", "elasticsearch-basic-auth", "--ignore-not-found")
        words = ["--from-literal=username=elastic", f"--from-literal=password={PASSWORD}"]
        side.cluster.kubectl("-n", SYSTEM, "create", "secret", "generic", "elasticsearch-basic-auth", *words)

    def remove_synchroniser(self) -> None:
        """Uninstall the plugin, as the web console does."""
        kubectl = self.pair.standby.cluster.kubectl
        kubectl("delete", "moduleinfo", "-l", "cpaas.io/module-name=etcd-sync")
        kubectl("-n", SYSTEM, "delete", "deployment", "etcd-sync", "etcd-sync-monitor")
        kubectl("-n", SYSTEM, "wait", "pod", "-l", "app=etcd-sync", "--for=delete", "--timeout=60s")

    def close_etcd(self) -> None:
        """Remove etcd's port from both load balancers."""
        for side in (self.pair.primary, self.pair.standby):
            ports = {port: behind for port, behind in side.balancing.ports.items() if port != ETCD_PORT}
            side.balancer.balance(dataclasses.replace(side.balancing, ports=ports))

    def switch_domain(self) -> None:
        """Let the domain lead to the standby, and forget what the CoreDNS Pods knew."""
        self.pair.point_domain_to("standby")
        self.switched = datetime.now(timezone.utc)
        restart(self.pair.standby, "k8s-app=kube-dns", "kube-system", "coredns")

    def restart_components(self) -> None:
        """Restart what the guide names, on the new primary and in the workload cluster."""
        for name in RESTARTED:
            restart(self.pair.standby, f"service_name={name}", SYSTEM, name)
        restart(self.pair.primary, "service_name=warlock", SYSTEM, "warlock")


def written(file: Path, document: object) -> Path:
    """Write a kubeconfig."""
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def restart(side: Side, selector: str, namespace: str, deployment: str) -> None:
    """Delete Pods, as the guide has it, and wait for others that are ready."""
    side.cluster.kubectl("-n", namespace, "delete", "pod", "-l", selector, "--wait=true")
    side.api.until(Reference("apps/v1", "Deployment", deployment, namespace), is_complete, "is complete")


def replace(side: Side, item: dict[str, Any]) -> None:
    """Put an object in the place of another, and wait for its Pods."""
    name = item["metadata"]["name"]
    side.cluster.kubectl("-n", SYSTEM, "delete", "deployment", name, "--ignore-not-found", "--wait=true")
    side.put(item)
    side.api.until(Reference("apps/v1", "Deployment", name, SYSTEM), is_complete, "is complete")


@contextmanager
def started(folder: Path) -> Iterator[Failover]:
    """Start a pair; its monitoring is sent from the primary's cluster, which stands for a workload cluster."""
    pair = Pair(release="4.2", say=lambda _line: None)
    runnable(pair)
    with pair:
        warlock = pod_spec(pair.primary.site.image, name="warlock")
        replace(
            pair.primary, workload("Deployment", SYSTEM, "warlock", {"service_name": "warlock"}, warlock, replicas=1)
        )
        yield Failover(pair, folder)


@pytest.fixture(scope="module")
def failover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failover]:
    with started(tmp_path_factory.mktemp("failover")) as one:
        yield one


def undone(run: SuiteRun) -> set[str]:
    """Steps that are failed or broken."""
    return {name.removeprefix("dr.failover.") for name, _ in run.with_outcome("failed", "broken")}


def said(run: SuiteRun) -> str:
    return "\n".join(item["message"] for item in run.results["verdicts"])


def next_step(run: SuiteRun) -> str:
    """The next step, which terminal and record name."""
    step = run.results["next_step"]
    assert step["requirement"] in run.output.partition("The next step of the failover")[2]
    return str(step["requirement"].removeprefix("dr.failover."))


def test_each_step_that_is_left_undone_is_found_and_the_first_is_the_next(failover: Failover) -> None:
    failover.start_elasticsearch("another-password")
    run = failover.judge()
    synchronised = {name for name, _ in run.with_outcome("passed") if name.startswith("dr.sync.")}
    assert synchronised >= {"dr.sync.plugin", "dr.sync.consistent", "dr.sync.independent"}, run.output
    assert "deploy/rbac.yaml" not in (run.folder / "results.json").read_text(encoding="utf-8")
    assert 'acp_acceptance_missed_keys{cluster="standby-global"' in (run.folder / "metrics.prom").read_text()

    failover.switched = datetime.now(timezone.utc)
    run = failover.judge_failover()
    steps = {"elasticsearch-templates", "sync-removed", "port-closed", "dns", "console", "restarted"}
    assert undone(run) == steps | {"restarted-in-workload-clusters"}, run.output
    assert next_step(run) == "elasticsearch-templates"
    pair, words = failover.pair, said(run)
    assert "refuses the platform's own user with status 401" in words
    assert "ModuleInfo global/etcd-sync is still there" in words
    assert all(f"{side.vip}:{ETCD_PORT} is open" in words for side in (pair.primary, pair.standby))
    assert "from here" in words
    assert "the API server is that of primary-global" in words
    assert all(f"{name} was not started again" in words for name in RESTARTED)
    assert "in production warlock was not started again" in words

    failover.start_elasticsearch(PASSWORD)
    failover.remove_synchroniser()
    failover.close_etcd()
    run = failover.judge_failover()
    assert undone(run) == {"dns", "console", "restarted", "restarted-in-workload-clusters"}, run.output
    assert next_step(run) == "dns"

    failover.switch_domain()
    failover.restart_components()
    run = failover.judge_failover()
    assert undone(run) == set(), run.output
    assert run.results["next_step"] is None
    assert run.status == 0
    assert run.results["verdict"] == "accepted"
    written = run.output + "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in run.reports.rglob("*") if path.is_file()
    )
    assert len(written) > 10_000
    assert PASSWORD not in written
