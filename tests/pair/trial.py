"""The schedule of deploy/ on a pair's standby, set up with kubectl as docs/scheduled-runs.md says, and a trial of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from lab.control_plane.suite_image import suite_image
from lab.host_keys import make_key
from lab.platform.api import Reference
from lab.platform.plane import run_on
from lab.platform.surroundings import STORAGE_CLASS
from lab.programs import LabError
from pods import SCHEDULE_NAMESPACE, token_of
from suite import ROOT, SuiteRun

if TYPE_CHECKING:
    from lab.control_plane import ControlPlane
    from lab.pair import Pair

Object = dict[str, Any]
_SECONDS = 300
_LABEL = "app.kubernetes.io/name=acp-acceptance"
_ON_NODE = "/var/lib/acp-acceptance-reports"
_JOB = Reference("batch/v1", "Job", "trial", SCHEDULE_NAMESPACE)
_ASKED = "acp-password"
"""User of the lab whom sudo asks for a password; the manifest's own, ``acp``, it does not."""
_PODS = "--selector=batch.kubernetes.io/job-name=trial"


@dataclass(frozen=True)
class Trial:
    """The Job that is made of the CronJob, on a pair whose sides both have the rights of deploy/.

    Attributes:
        pair: both clusters; the standby has one node.
        folder: for the files that a person would write.
        gateway: URL of a Pushgateway.
    """

    pair: Pair
    folder: Path
    gateway: str

    @property
    def standby(self) -> ControlPlane:
        """Where it runs."""
        return self.pair.standby.cluster

    @property
    def other_cluster(self) -> Path:
        """The kubeconfig that is put into a Secret: a token for the primary."""
        return self.folder / "primary.yaml"

    @property
    def passwords(self) -> tuple[str]:
        """What the Pod has in its environment."""
        return (self.standby.lab.password,)

    def set_up(self) -> None:
        """Do what the document's steps say, but for the rights."""
        self.standby.add_image(suite_image(self.pair.say))
        self._make_secrets()
        objects = self._manifest()
        (user,) = [pod_of(item)["securityContext"]["runAsUser"] for item in objects if item["kind"] == "CronJob"]
        # No volume of this kind is given to the Pod's group, as those of a provisioner are.
        run_on(self.standby.cluster_nodes[0], f"install -d -m 700 -o {user} -g {user} {_ON_NODE}")
        self.standby.apply([volume()])
        self._kubectl("apply", "--filename=-", given=yaml.safe_dump_all(objects))

    def run(self, reports: Path) -> SuiteRun:
        """Make the Job, wait for its end, and give what is in its Pod's log and on the volume.

        Args:
            reports: folder that is made for a copy of what is on the volume.
        """
        self._kubectl("create", "job", _JOB.name, "--from=cronjob/acp-acceptance")
        try:
            self._kubectl("wait", f"job/{_JOB.name}", "--for=jsonpath={.status.ready}=1", "--timeout=2m", seconds=150)
        except LabError as reason:
            raise LabError(f"{reason}\n{self._kubectl('describe', 'pods', _PODS)}") from reason
        said = self._kubectl("logs", "-f", f"job/{_JOB.name}", seconds=_SECONDS)
        self.pair.standby.api.wait(lambda: bool(self._ends()), "the trial has ended")
        place = Path(f"/proc/{self.standby.cluster_nodes[0].pid}/root{_ON_NODE}")
        shutil.copytree(place, reports, symlinks=True)
        return SuiteRun(0 if self._ends() == ["Complete"] else 1, said, reports)

    def _ends(self) -> list[str]:
        conditions = (self.pair.standby.api.get(_JOB) or {}).get("status", {}).get("conditions", [])
        kinds = [item["type"] for item in conditions if item["status"] == "True"]
        return [kind for kind in kinds if kind in {"Complete", "Failed"}]

    def _make_secrets(self) -> None:
        labs = [side.cluster.lab for side in self.pair.sides.values()]
        key = self.folder / "id_ed25519"
        make_key(key, "acp-acceptance")
        public = key.with_suffix(".pub").read_text(encoding="ascii").strip()
        for side in self.pair.sides.values():
            for node in side.cluster.cluster_nodes:
                run_on(node, f"for user in acp {_ASKED}; do echo '{public}' >>/home/$user/.ssh/authorized_keys; done")
        known = self.folder / "known_hosts"
        known.write_text("".join(lab.known_hosts.read_text(encoding="ascii") for lab in labs), encoding="ascii")
        private(self.other_cluster, yaml.safe_dump(self._way_to_the_primary()))
        passwords = self.folder / "passwords"
        private(passwords, "".join(f"ACP_SUDO_PASSWORD={password}\n" for password in self.passwords))
        given = {
            "acp-acceptance-other-cluster": [f"--from-file=kubeconfig={self.other_cluster}"],
            "acp-acceptance-ssh": [f"--from-file=id={key}", f"--from-file=known_hosts={known}"],
            "acp-acceptance-passwords": [f"--from-env-file={passwords}"],
        }
        for name, sources in given.items():
            self._kubectl("create", "secret", "generic", name, *sources)
        self._kubectl("label", "secret", *given, _LABEL)

    def _way_to_the_primary(self) -> Object:
        plane = self.pair.primary.cluster
        document: Object = yaml.safe_load(plane.kubeconfig.read_text(encoding="utf-8"))
        document["users"][0]["user"] = {"token": token_of(plane.kubectl)}
        return document

    def _manifest(self) -> list[Object]:
        """Give the manifest with this site, and with this Pushgateway."""
        objects = manifest()
        for item in objects:
            if item["kind"] == "ConfigMap":
                item["data"] |= self._site(yaml.safe_load(item["data"]["site.yml"])["all"]["vars"])
            if item["kind"] == "CronJob":
                (container,) = pod_of(item)["containers"]
                (metrics,) = [variable for variable in container["env"] if variable["name"] == "METRICS"]
                metrics["value"] = self.gateway
        return objects

    def _site(self, said: Object) -> dict[str, str]:
        """Give the lab's inventory with the ways that the manifest's has: to both clusters, and to nodes."""
        document = yaml.safe_load(self.pair.write_inventory(self.folder).read_text(encoding="utf-8"))
        site = document["all"]["vars"]["acp"]
        for name, cluster in site["clusters"].items():
            cluster["kubeconfig"] = said["acp"]["clusters"][name]["kubeconfig"]
        certificate = Path(site["parameters"]["certificate"]["file"])
        site["parameters"]["certificate"]["file"] = f"/site/{certificate.name}"
        # That one is an API server which this machine alone reaches.
        site["dr"].pop("workload_clusters", None)
        document["all"]["vars"] = {**said, "acp": site}
        for name in site["clusters"]:
            hosts = document["all"]["children"][name]["hosts"]
            for host, known in hosts.items():
                hosts[host] = {"ansible_host": known["ansible_host"]}
        standby = document["all"]["children"]["standby-global"]["hosts"]
        for known in standby.values():
            known["ansible_user"] = _ASKED
        return {"site.yml": yaml.safe_dump(document), certificate.name: certificate.read_text(encoding="ascii")}

    def _kubectl(self, *words: str, given: str | None = None, seconds: float = 60) -> str:
        return self.standby.kubectl("-n", SCHEDULE_NAMESPACE, *words, given=given, seconds=seconds)


def manifest() -> list[Object]:
    """Give what the schedule needs, which the standby alone has; it starts no Pod by itself."""
    objects: list[Object] = list(yaml.safe_load_all((ROOT / "deploy" / "cronjob.yaml").read_text(encoding="utf-8")))
    (cron_job,) = [item for item in objects if item["kind"] == "CronJob"]
    cron_job["spec"]["suspend"] = True
    return objects


def pod_of(cron_job: Object) -> Object:
    """Give what a CronJob says of its Pods."""
    found: Object = cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def private(file: Path, text: str) -> None:
    """Write a file that its owner alone reads."""
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def volume() -> Object:
    """Give the volume for the manifest's claim, which asks for the class that is the default: no provisioner makes one."""
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    name = "acp-acceptance-reports"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "2Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": STORAGE_CLASS,
            "claimRef": {**claim, "namespace": SCHEDULE_NAMESPACE, "name": name},
            "hostPath": {"path": _ON_NODE, "type": "Directory"},
        },
    }
