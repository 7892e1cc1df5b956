"""What the supervisor of a lab is told: everything about the nodes that it starts, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import NamedTuple


class NodeFile(NamedTuple):
    """A file that is written in a node before it starts.

    Attributes:
        path: in the node, without the leading slash.
        content: its text.
        mode: permissions.
        owner: user id.
        group: group id.
    """

    path: str
    content: str
    mode: int = 0o644
    owner: int = 0
    group: int = 0


@dataclass(frozen=True)
class NodePlan:
    """One node.

    Attributes:
        name: its name in the lab.
        hostname: what it calls itself.
        address: IPv4, without the prefix length.
        layers: folders its root is made of, topmost first.
        views: places of /proc and /sys to what is mounted there, both as paths in the node.
        files: its own.
        links: symbolic links: path to target.
        devices: disks in /dev that can be seen and not opened: name to major and minor number.
        device_links: links in /dev: path to target.
        mounts: place, source and GiB of each file system; the first is the root.
        control_group: which the node takes for the root of all; empty for a node that runs no containers.
    """

    name: str
    hostname: str
    address: str
    layers: list[str]
    views: dict[str, str]
    files: list[NodeFile]
    links: dict[str, str]
    devices: dict[str, tuple[int, int]]
    device_links: dict[str, str]
    mounts: list[tuple[str, str, int]]
    control_group: str = ""


@dataclass(frozen=True)
class LabPlan:
    """A lab.

    Attributes:
        folder: the lab's private folder.
        interface: name of the interface on this machine.
        gateway: address of this machine in the lab's network.
        prefix_length: of the network.
        owner: id of the process with which the lab ends; ``None`` for a lab that stays.
        parent: id of a process in whose network this machine's end of the lab belongs.
        files: of every node.
        nodes: all of them.
    """

    folder: str
    interface: str
    gateway: str
    prefix_length: int
    owner: int | None
    parent: int
    files: list[NodeFile]
    nodes: list[NodePlan]

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> LabPlan:
        """Read what :meth:`to_json` wrote."""
        data = json.loads(text)
        data["files"] = [NodeFile(*item) for item in data["files"]]
        data["nodes"] = [
            NodePlan(**{**node, "files": [NodeFile(*item) for item in node["files"]]}) for node in data["nodes"]
        ]
        return cls(**data)
