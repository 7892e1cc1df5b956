"""What was measured, as data: medians, ratios, aims, and the machine it was on."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.preflight.tools import CHECKS, PACKAGES, PACKAGES_OF_KUBEMARINE, ROOT, TOOLS, peers_python

if TYPE_CHECKING:
    from collections.abc import Iterable

_FLOOR_AIM = 1.5
_AIM_NODES = 50
_PEER_AIMS = {"testinfra": 100.0, "ansible": 30.0, "pyinfra": 3.0}
_SHOWN = {
    PACKAGES: ("pytest", "pytest-testinfra", "pytest-xdist", "ansible-core", "pyinfra", "paramiko"),
    PACKAGES_OF_KUBEMARINE: ("kubemarine",),
}
_LARGE_SECONDS = 120.0
_LARGE_BYTES = 2**30


@cache
def _moment() -> str:
    return f"{datetime.now(timezone.utc).isoformat(timespec='minutes')} {_commit()}"


def _commit() -> str:
    return _said(["git", "-C", str(ROOT), "describe", "--always", "--dirty"])


def _said(argv: Iterable[str]) -> str:
    done = subprocess.run([*argv], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


@dataclass
class Measurement:
    """One tool on one number of nodes at one distance.

    Attributes:
        tool: its name.
        nodes: how many.
        delay_ms: round trip that the relay adds; 0 is without the relay.
        seconds: of each run that counts.
        processor: seconds of the runner's processors in each.
        memory: bytes at the highest, by ``total``, ``program``, ``children``; empty where it was not measured.
        estimated_from: nodes of the measurement that this one is scaled from; 0 for one that was measured.
        problem: why there is nothing.
        relay: processor seconds of the relay in all of these runs.
        verdicts: how many it gave, where that is known.
        taken: when, and of which commit of the suite; so that parts can be measured one after the other.
    """

    tool: str
    nodes: int
    delay_ms: int
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    estimated_from: int = 0
    problem: str = ""
    relay: float = 0.0
    verdicts: int = 0
    taken: str = field(default_factory=_moment)

    @property
    def median(self) -> float:
        """The middle of all runs, in seconds."""
        return statistics.median(self.seconds)


@dataclass
class Results:
    """All measurements of a run of the benchmark.

    Attributes:
        measurements: in their order.
        relays: what each relay said of itself, by nodes and delay.
        large: the suite on very many nodes; empty where that was not asked for.
        remarks: what the reader must know.
    """

    measurements: list[Measurement] = field(default_factory=list)
    relays: dict[str, dict[str, float]] = field(default_factory=dict)
    large: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def keep(self, document: dict[str, Any]) -> None:
        """Take over what an earlier run measured and this one did not, from its :meth:`to_json`."""
        here = {(item.tool, item.nodes, item.delay_ms) for item in self.measurements}
        known = {item.name for item in fields(Measurement)}
        earlier = [Measurement(**{key: row[key] for key in known & {*row}}) for row in document["measurements"]]
        self.measurements += [item for item in earlier if (item.tool, item.nodes, item.delay_ms) not in here]
        order = [*TOOLS]
        self.measurements.sort(key=lambda item: (item.nodes, item.delay_ms, order.index(item.tool)))
        self.relays = {**document["relays"], **self.relays}
        self.large = self.large or document["large"]

    def find(self, tool: str, nodes: int, delay_ms: int) -> Measurement | None:
        """Give a measurement that has a time."""
        for item in self.measurements:
            if (item.tool, item.nodes, item.delay_ms) == (tool, nodes, delay_ms) and item.seconds:
                return item
        return None

    def ratio(self, tool: str, to: str, nodes: int, delay_ms: int) -> float | None:
        """Give how many times as long ``tool`` takes as ``to``."""
        one, other = self.find(tool, nodes, delay_ms), self.find(to, nodes, delay_ms)
        return one.median / other.median if one and other else None

    def places(self) -> list[tuple[int, int]]:
        """Give all pairs of nodes and delay."""
        return list(dict.fromkeys((item.nodes, item.delay_ms) for item in self.measurements))

    def to_json(self) -> dict[str, Any]:
        """Give everything that is kept."""
        return {
            "taken": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "machine": machine(),
            "versions": versions(),
            "checks per node": CHECKS,
            "aims": [asdict(aim) for aim in aims(self)],
            "measurements": [self._row(item) for item in self.measurements],
            "relays": self.relays,
            "large": self.large,
            "remarks": self.remarks,
        }

    def _row(self, item: Measurement) -> dict[str, Any]:
        place = (item.nodes, item.delay_ms)
        row = asdict(item)
        if item.seconds:
            row["median"] = round(item.median, 3)
        for name, to in (("times the suite", "suite"), ("times the second floor", "probe-ssh")):
            ratio = self.ratio(item.tool, to, *place) if item.seconds else None
            if ratio is not None:
                row[name] = round(ratio, 2)
        row["seconds"] = [round(value, 3) for value in item.seconds]
        row["processor"] = [round(value, 3) for value in item.processor]
        return row


@dataclass(frozen=True)
class Aim:
    """What the project wants, and whether it is so.

    Attributes:
        what: the aim.
        found: what was measured.
        met: whether that is within it; ``None`` where nothing was measured.
    """

    what: str
    found: str
    met: bool | None


def aims(results: Results) -> list[Aim]:
    """Compare what was measured with what the project wants."""
    found = []
    for nodes, delay in results.places():
        ratio = results.ratio("suite", "probe-ssh", nodes, delay)
        if ratio is not None:
            what = f"{nodes} nodes, {delay} ms: at most {_FLOOR_AIM} x the second floor"
            both = results.ratio("suite", "probes-ssh", nodes, delay)
            beside = f" ({both:.2f} x both round trips in plain ssh)" if both else ""
            found.append(Aim(what, f"{ratio:.2f} x{beside}", ratio <= _FLOOR_AIM))
    for delay in dict.fromkeys(delay for _, delay in results.places()):
        for tool, least in _PEER_AIMS.items():
            ratio = results.ratio(tool, "suite", _AIM_NODES, delay)
            other = results.find(tool, _AIM_NODES, delay)
            what = f"{_AIM_NODES} nodes, {delay} ms: {least:.0f} x faster than {tool}"
            own = results.find("suite", _AIM_NODES, delay)
            if ratio is not None and other is not None and own is not None:
                estimated = f", estimated from {other.estimated_from} nodes" if other.estimated_from else ""
                apart = f", not side by side: {tool} was taken {other.taken}" if other.taken != own.taken else ""
                found.append(Aim(what, f"{ratio:.1f} x{estimated}{apart}", ratio >= least))
    if large := results.large:
        seconds, size, good = large["seconds"], large["memory"]["total"], not large["problem"]
        what = f"{large['nodes']} nodes: within {_LARGE_SECONDS:.0f} s"
        found.append(Aim(what, f"{seconds:.0f} s", good and seconds <= _LARGE_SECONDS))
        what = f"{large['nodes']} nodes: within {_LARGE_BYTES / 1e6:.0f} MB"
        found.append(Aim(what, f"{size / 1e6:.0f} MB", size <= _LARGE_BYTES))
    return found


def per_verdict(results: Results, tool: str) -> float | None:
    """Give what one more verdict costs, in milliseconds, from the smallest and the largest number of nodes."""
    found = sorted((item for item in results.measurements if item.tool == tool and item.seconds), key=_nodes)
    if not found or found[0].verdicts == found[-1].verdicts:
        return None
    few, many = found[0], found[-1]
    return (many.median - few.median) / (many.verdicts - few.verdicts) * 1000


def _nodes(item: Measurement) -> int:
    return item.nodes


def machine() -> dict[str, str]:
    """Give what the reader must know of this machine."""
    processor = _first_line("/proc/cpuinfo", "model name")
    memory = _first_line("/proc/meminfo", "MemTotal")
    return {
        "processors": f"{os.cpu_count()} x {processor}",
        "memory": memory,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "load before": " ".join(f"{value:.2f}" for value in os.getloadavg()),
    }


def _first_line(file: str, key: str) -> str:
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "unknown")


def versions() -> dict[str, str]:
    """Give the versions of everything that is measured."""
    found = {"Python": platform.python_version(), "OpenSSH": _said(["ssh", "-V"])}
    found |= {f"suite's {name}": metadata.version(name) for name in ("acp-acceptance", "pytest", "pytest-testinfra")}
    found["suite's commit"] = _commit()
    for packages, wanted in _SHOWN.items():
        if peers_python(packages).exists():
            pip = [str(peers_python(packages)), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"]
            pairs = (line.split("==") for line in _said(pip).splitlines() if "==" in line)
            found |= {name: version for name, version in pairs if name in wanted}
    return found
