"""A failover on two real clusters, step by step: what is undone is found and named, until all of it is green.

The first run is a trial of the schedule, in the Pod of deploy/cronjob.yaml. The others have what such a Pod has: the rights
of deploy/, and nothing more.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
import yaml
from trial import Trial, manifest, private

from lab.control_plane.suite_image import suite_image
from lab.pair import Pair
from lab.pair.shared import ELASTICSEARCH_PASSWORD, PLANTED, REGISTRY_PASSWORD
from lab.pair.stale import dns_pods, forget_old_answers, keep_old_answers
from lab.platform.site import PLANTED_SECRETS
from planes import runnable
from pods import ACCOUNT, in_pod
from servers import push_gateway
from suite import ROOT, SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SYSTEM = "cpaas-system"
ETCD_PORT = 2379
RESTARTED = ("cpaas-elasticsearch", "alertmanager", "vmselect", "vminsert", "cluster-transformer")


@dataclass
class Failover:
    """A pair, and a run after each step.

    Attributes:
        pair: both clusters.
        folder: of reports and inventory.
        trial: the schedule on the standby.
        pushed: what its Pushgateway was given: method, path, body.
    """

    pair: Pair
    folder: Path
    trial: Trial
    pushed: list[tuple[str, str, bytes]]
    runs: int = 0
    inventory: Path = field(init=False)
    inside: list[str] = field(init=False)
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Give each cluster the rights of deploy/, and the runs nothing more."""
        rights = [f"--filename={ROOT / 'deploy' / name}" for name in ("rbac.yaml", "rbac-comparison.yaml")]
        standby = self.pair.standby.cluster
        self.pair.primary.cluster.kubectl("apply", *rights)
        # What is made there before it was synchronised would be another object.
        standby.kubectl("-n", ACCOUNT, "wait", "--for=create", f"serviceaccount/{ACCOUNT}", "--timeout=60s")
        standby.kubectl("apply", *rights)
        self.trial.set_up()
        self.inside, self.environment = in_pod(standby.kubectl, standby.ca[0], standby.server, self.folder)
        document = yaml.safe_load(self.pair.write_inventory(self.folder).read_text(encoding="utf-8"))
        site = document["all"]["vars"]["acp"]
        site["clusters"]["primary-global"]["kubeconfig"] = str(self.trial.other_cluster)
        site["clusters"]["standby-global"]["kubeconfig"] = str(self.this_cluster())
        self.inventory = self.folder / "site.yml"
        self.inventory.write_text(yaml.safe_dump(document), encoding="utf-8")

    def this_cluster(self) -> Path:
        """Write the kubeconfig that the schedule has in its ConfigMap: the account of its own Pod."""
        (data,) = [item["data"] for item in manifest() if item["kind"] == "ConfigMap"]
        document = yaml.safe_load(data["this-cluster.yaml"])
        # No cluster's DNS leads here.
        document["clusters"][0]["cluster"]["server"] = self.pair.standby.cluster.server
        file = self.folder / "this-cluster.yaml"
        private(file, yaml.safe_dump(document))
        return file

    def next_reports(self) -> Path:
        """Give the folder of the next run's reports."""
        self.runs += 1
        return self.folder / f"reports-{self.runs}"

    def judge(self, *options: str) -> SuiteRun:
        """Run the stage with what a Pod of the schedule has; all runs have one history."""
        before, reports = self.folder / f"reports-{self.runs}", self.next_reports()
        shutil.copytree(before / "lab-pair" / "history", reports / "lab-pair" / "history")
        return judged(
            reports,
            "--acp-stage=dr",
            f"--acp-inventory={self.inventory}",
            *options,
            inside=[*self.pair.inside, *self.inside],
            environment={**self.environment, "ACP_REGISTRY_PASSWORD": REGISTRY_PASSWORD},
        )

    def judge_failover(self, switched: datetime | None) -> SuiteRun:
        """Run phase failover."""
        assert switched is not None
        return self.judge("--acp-dr-phase=failover", f"--acp-failover-at={switched.isoformat()}")

    def set_password(self, password: str) -> None:
        """Write the password of Elasticsearch's user that the platform has."""
        change = json.dumps({"stringData": {"password": password}})
        self.pair.standby.cluster.kubectl("-n", SYSTEM, "patch", "secret", "elasticsearch-basic-auth", "-p", change)


@pytest.fixture(scope="module")
def failover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failover]:
    pair = Pair(release="4.2", workload_cluster=True, say=lambda _line: None)
    runnable(pair, lambda: suite_image(pair.say))
    folder = tmp_path_factory.mktemp("failover")
    with pair, push_gateway(f"{pair.standby.cluster.lab.prefix}.1") as (url, pushed, _):
        yield Failover(pair, folder, Trial(pair, folder, url), pushed)


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


def ready_says_a_pod_of_the_schedule(failover: Failover) -> None:
    run = failover.trial.run(failover.next_reports())
    # Nothing is failed, and nothing is broken for want of a right, of a password or of a way from where the Pod is. What
    # the schedule needs is on the standby alone, and is not surplus there; the rights need no backup.
    assert run.with_outcome("failed", "broken") == set(), run.output
    assert (run.status, run.results["verdict"]) == (0, "accepted"), run.output
    expected = {"dr.sync.plugin", "dr.sync.consistent", "dr.sync.independent", "dr.excluded-namespaces.backup"}
    expected |= {"dr.encryption.same-keys", "dr.dns.platform-domain", "dr.parity.image-repository"}
    assert expected <= {name for name, _ in run.with_outcome("passed")}, run.output
    assert "collected 2 nodes" in run.output
    assert "deploy/rbac.yaml" not in (run.folder / "results.json").read_text(encoding="utf-8")
    assert not [secret for secret in (*PLANTED, *PLANTED_SECRETS, *failover.trial.passwords) if secret in run.output]
    ((method, path, body),) = failover.pushed
    assert (method, path) == ("PUT", "/metrics/job/acp-acceptance/site/lab-pair/stage/dr")
    assert b'acp_acceptance_missed_keys{cluster="standby-global"' in body


def every_step_left_undone_is_found_and_the_first_is_the_next(failover: Failover) -> None:
    failover.set_password("another")
    run, pair = failover.judge_failover(datetime.now(timezone.utc)), failover.pair
    steps = {"elasticsearch-templates", "sync-removed", "port-closed", "dns", "console", "restarted"}
    assert undone(run) == steps | {"restarted-in-workload-clusters"}, run.output
    assert next_step(run) == "elasticsearch-templates"
    words = said(run)
    assert "refuses the platform's own user with status 401" in words
    assert "ModuleInfo global/etcd-sync is still there" in words
    assert all(f"{side.vip}:{ETCD_PORT} is open" in words for side in pair.sides.values())
    assert f"it leads to {pair.primary.vip} from this machine" in words
    assert "the API server is that of primary-global" in words
    assert all(f"{name} was not restarted" in words for name in RESTARTED)
    assert "in production warlock was not restarted" in words
    failover.set_password(ELASTICSEARCH_PASSWORD)


def half_done_its_next_step_is_a_stale_server(failover: Failover) -> None:
    pair = failover.pair
    pair.fail_over("close-etcd-port")
    stale, fresh = (pod["metadata"]["name"] for pod in dns_pods(pair.standby))
    keep_old_answers(pair, pair.standby, pair.primary.vip, 1)
    pair.fail_over("switch-domain")
    address = next(pod["status"]["podIP"] for pod in dns_pods(pair.standby) if pod["metadata"]["name"] == fresh)
    pair.standby.await_resolved([pair.standby.vip], address)
    run = failover.judge_failover(pair.switched_at)
    assert undone(run) == {"dns", "restarted", "restarted-in-workload-clusters"}, run.output
    assert next_step(run) == "dns"
    assert f"CoreDNS Pod {stale} still gives {pair.primary.vip}" in said(run)
    assert f"CoreDNS Pod {fresh}" not in said(run)
    assert ("dr.failover.port-closed", "primary-global+standby-global") in run.with_outcome("passed")
    assert ("dr.failover.consistent-before", "primary-global+standby-global") in run.with_outcome("passed")


def done_it_is_accepted_and_says_no_secret(failover: Failover) -> None:
    pair = failover.pair
    forget_old_answers(pair, pair.standby)
    pair.fail_over()
    run = failover.judge_failover(pair.switched_at)
    assert undone(run) == set(), run.output
    assert run.results["next_step"] is None
    assert (run.status, run.results["verdict"]) == (0, "accepted")
    # The former primary has the plugin now, and readiness is asked of the port again.
    assert {name for name, _ in run.with_outcome("not_applicable")} >= {"dr.failover.port-closed"}
    written = [
        run.output.encode(),
        *(path.read_bytes() for path in failover.folder.glob("reports-*/**/*") if path.is_file()),
    ]
    secrets = (*PLANTED, *PLANTED_SECRETS, *failover.trial.passwords)
    assert not [secret for secret in secrets for text in written if secret.encode() in text]


def test_a_failover_is_followed_to_its_end(failover: Failover) -> None:
    ready_says_a_pod_of_the_schedule(failover)
    every_step_left_undone_is_found_and_the_first_is_the_next(failover)
    half_done_its_next_step_is_a_stale_server(failover)
    done_it_is_accepted_and_says_no_secret(failover)
