"""The floors: what no tool can go below that connects to each node with OpenSSH, or reads what the suite reads."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from acp_acceptance.collect.looked_for import looked_for
from acp_acceptance.collect.mesh import Telling
from acp_acceptance.collect.probe import MESH_SECTIONS, make_probe
from acp_acceptance.collect.told import probe_values
from acp_acceptance.inventory import load_inventory
from acp_acceptance.model.snapshot import Snapshot
from acp_acceptance.requirements import load_catalogue
from benchmarks.measure import Job

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.collect.probe import Probe
    from benchmarks.preflight.site import Site


def ssh_true(site: Site, folder: Path) -> Job:
    """``ssh NODE true`` on all nodes at once."""
    calls = [f"{_ssh(site, name)} true </dev/null >/dev/null" for name in site.names]
    script = _script(folder, [calls])
    return Job(["/bin/sh", str(script)], lambda _said, status: f"exit status {status}" if status else "")


def probe_ssh(site: Site, folder: Path) -> Job:
    """Give the suite's probe to plain ``ssh`` on all nodes at once, and keep what it prints."""
    return _probing(site, folder, [_first(site)])


def probes_ssh(site: Site, folder: Path) -> Job:
    """Do so with both round trips of the suite, one after the other."""
    return _probing(site, folder, [_first(site), _second(site)])


def _first(site: Site) -> dict[str, Probe]:
    inventory = load_inventory(site.suite_inventory)
    lists = looked_for(load_catalogue(), inventory)
    return {node.name: make_probe(become=None, values=probe_values(inventory, lists, node)) for node in inventory.nodes}


def _second(site: Site) -> dict[str, Probe]:
    inventory = load_inventory(site.suite_inventory)
    telling = Telling(inventory, Snapshot({}, "", ""))
    return {
        node.name: make_probe(become=None, values=telling.told(node).values, only=MESH_SECTIONS)
        for node in inventory.nodes
    }


def _probing(site: Site, folder: Path, rounds: list[dict[str, Probe]]) -> Job:
    calls = [
        [_call(site, folder / f"{number}-{name}", name, probe) for name, probe in probes.items()]
        for number, probes in enumerate(rounds)
    ]
    script = _script(folder, calls)

    def problem(_said: str, status: int) -> str:
        lacking = [
            name
            for number, probes in enumerate(rounds)
            for name, probe in probes.items()
            if f"{probe.nonce} say complete" not in (folder / f"{number}-{name}.out").read_text("utf-8", "replace")
        ]
        return f"exit status {status}, incomplete: {', '.join(lacking)}" if lacking or status else ""

    return Job(["/bin/sh", str(script)], problem)


def _call(site: Site, place: Path, name: str, probe: Probe) -> str:
    given = place.with_suffix(".probe")
    given.write_bytes(b"\n" + probe.script)
    streams = f"<{given} >{place.with_suffix('.out')} 2>{place.with_suffix('.err')}"
    return f"{_ssh(site, name)} {shlex.quote(probe.command)} {streams}"


def _ssh(site: Site, name: str) -> str:
    return f"ssh -F {site.ssh_config} -T {name}"


def _script(folder: Path, rounds: list[list[str]]) -> Path:
    """Write a shell script that makes all calls of a round at once, and one round after the other."""
    lines = ["#!/bin/sh"]
    for calls in rounds:
        lines += ["running="]
        lines += [f'{call} &\nrunning="$running $!"' for call in calls]
        lines += ['for process in $running; do wait "$process" || failed=1; done']
    script = folder / "floor.sh"
    script.write_text("\n".join([*lines, "exit ${failed:-0}", ""]), encoding="utf-8")
    return script
