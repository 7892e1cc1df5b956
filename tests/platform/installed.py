"""An installed cluster on a real control plane, and runs of the suite over it with seeded faults."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from lab.platform import FAULTS, Platform
from lab.platform.faults.steps import Add, Change, Forbid, Patch, Remove
from lab.platform.readiness import await_healthy
from planes import runnable
from suite import SuiteRun, judged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from lab.control_plane import ControlPlane
    from lab.platform import Fault

ETCD = "postinstall.control-plane.etcd"
BAD = ("failed", "broken")


@dataclass
class Installed:
    """A platform that runs, and the suite's view of it.

    Attributes:
        folder: for inventories and reports.
    """

    plane: ControlPlane
    platform: Platform
    folder: Path
    runs: int = 0

    def inventory(self, **site: Any) -> Path:
        """Write the inventory of this site, with changes."""
        document = yaml.safe_load(self.plane.lab.inventory.read_text(encoding="utf-8"))
        block = document["all"]["vars"]["acp"]
        block |= {"release": self.platform.release, "kubeconfig": str(self.platform.kubeconfig), **site}
        block["parameters"]["certificate"] = {"kind": "self_signed"}
        groups = document["all"]["children"]
        groups["control_plane"]["hosts"] = {
            name: value for name, value in groups["control_plane"]["hosts"].items() if name.startswith("cp-")
        }
        file = self.folder / f"inventory-{self.runs}.yml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    def judge(self, *options: str, with_inventory: bool = True, **site: Any) -> SuiteRun:
        """Run the stage as a user does, on a machine that resolves the platform's domain."""
        self.runs += 1
        hosts = self.folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{self.platform.site.vip} {self.platform.domain}\n", encoding="utf-8")
        run = judged(
            self.folder / f"reports-{self.runs}",
            "--acp-stage=postinstall",
            *([f"--acp-inventory={self.inventory(**site)}"] if with_inventory else []),
            *options,
            inside=["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh"],
        )
        assert (run.folder / "results.json").exists(), run.output
        return run


@contextmanager
def installed(version: str, release: str, folder: Path, *, control_plane: int = 1) -> Iterator[Installed]:
    """Start a control plane and put a healthy platform on it, where this machine can."""
    from lab.control_plane import ControlPlane  # noqa: PLC0415 - after the path is set

    with ExitStack() as stack:
        name = f"installed-{version}-{control_plane}"
        plane = ControlPlane(version, name, say=lambda _line: None, control_plane=control_plane, balancer=True)
        runnable(plane)
        stack.enter_context(plane)
        platform = stack.enter_context(Platform(plane, release=release))
        yield Installed(plane, platform, folder)


def red(run: SuiteRun) -> set[str]:
    """Requirements that are failed or broken somewhere; etcd's speed, which is this machine's, does not count."""
    return {item["requirement"] for item in run.results["verdicts"] if item["outcome"] in BAD and not _only_slow(item)}


def _only_slow(verdict: dict[str, Any]) -> bool:
    sentences = {finding["sentence"] for finding in verdict["findings"]}
    return verdict["requirement"] == f"{ETCD}-advised" and bool(sentences) and sentences <= {"commit", "fsync", "peer"}


def wanted(faults: Iterable[Fault]) -> set[str]:
    """Requirements that these faults turn red or make unmeasurable."""
    return {name for fault in faults for name in (fault.requirement, *fault.also) if name}


def batches(faults: Iterable[Fault]) -> list[list[Fault]]:
    """Put faults together that can be told apart: no two of one requirement, or of what can be changed only once."""
    made: list[list[Fault]] = []
    for fault in faults:
        batch = next((batch for batch in made if _fits(batch, fault)), None)
        if batch is None:
            made.append([fault])
        else:
            batch.append(fault)
    return made


def _fits(batch: list[Fault], fault: Fault) -> bool:
    if wanted(batch) & wanted([fault]) or batch[0].breaks != fault.breaks:
        return False
    # Without etcd nothing else can be written; nor are there two ways at once for a port to be served.
    alone = any(item.requirement.startswith(ETCD) for item in (*batch, fault))
    return not alone and not _once(batch) & _once([fault])


def _once(faults: Iterable[Fault]) -> set[object]:
    """Give what only one fault of a batch can have: a way of serving, rights; and the object that it adds."""
    subjects = {fault.name.partition("-")[0] for fault in faults}
    # What a node suffers its Pods suffer, too; and a DaemonSet adopts a Pod that looks like its own, and ends it.
    subjects = {"pod" if subject in {"node", "daemonset"} else subject for subject in subjects}
    steps = (step for fault in faults for step in fault.steps)
    return {*subjects, *(type(step) for step in steps if not isinstance(step, (Add, Change, Forbid, Patch, Remove)))}


def usual(release: str, control_plane: int = 1) -> list[Fault]:
    """Faults that show on a usual site of a release, with so many control plane nodes."""
    return [
        fault
        for fault in FAULTS.values()
        if release in fault.releases and not fault.plan and fault.control_plane == control_plane
    ]


def one_of_each(release: str) -> list[Fault]:
    """Give, for each requirement, one fault that turns it red and one that makes it unmeasurable; the quicker ones."""
    chosen: dict[tuple[str, bool], Fault] = {}
    for fault in sorted(usual(release), key=lambda item: item.slow):
        chosen.setdefault((fault.requirement, fault.breaks), fault)
    return list(chosen.values())


def show(site: Installed, faults: list[Fault], beside: Collection[str] = ()) -> None:
    """Seed faults, judge, and see that they turn their requirements red, each with its reason, and no other.

    ``beside`` may be red or not: where a Pod lies, or a balancer leads, is not ours to say.
    """
    with ExitStack() as stack:
        for fault in faults:
            stack.enter_context(site.platform.fault(fault.name))
        run = site.judge()
    await_healthy(site.platform.api, site.platform.site)
    found, owed = red(run) - set(beside), wanted(faults) - set(beside)
    assert (found - owed, owed - found) == (set(), set()), run.output
    for fault in faults:
        outcomes = {outcome for (requirement, _), outcome in run.outcomes().items() if requirement == fault.requirement}
        assert not fault.requirement or ("broken" if fault.breaks else "failed") in outcomes, run.output
    for verdict in run.results["verdicts"]:
        if verdict["outcome"] in BAD:
            assert verdict["target"] in verdict["message"]
            assert "Next: " in verdict["message"]
