"""The snapshot: everything that was observed of a site at one time, one file for each target.

On disk it is a folder: ``snapshot.json`` (when, by which version, the site, which file holds which target) and a
folder ``targets``. Tests read only this; a run can be judged again from it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acp_acceptance.model.cluster import ClusterFacts
from acp_acceptance.model.measurement import CollectionError, Facts
from acp_acceptance.model.node import NodeFacts
from acp_acceptance.model.pair import PairFacts
from acp_acceptance.model.pair.side import SideFacts
from acp_acceptance.model.platform import PlatformFacts

FORMAT = 1
"""Version of the files' form; a change that old readers cannot read raises it."""

KINDS: dict[str, type[Facts]] = {
    "node": NodeFacts,
    "cluster": ClusterFacts,
    "platform": PlatformFacts,
    "side": SideFacts,
    "pair": PairFacts,
}
"""Kinds of targets, and what is observed of each."""

_KIND_OF_STAGE = {"preflight": "node", "postinstall": "platform", "dr": "pair"}
_FILE_LIMIT = 64 * 2**20


class SnapshotError(Exception):
    """A recorded snapshot cannot be read; the message names the file and says why."""


@dataclass
class Snapshot:
    """Everything that was observed of a site.

    Attributes:
        site: the inventory it was taken of, in its JSON form.
        taken: UTC time at which collection began, ISO 8601.
        tool: version of the suite that took it.
        active_allowed_by: who allowed the active checks; empty where they were not run.
        stages: that it was taken for; empty where nobody says.
        targets: kind and name to facts, in the inventory's order.
    """

    site: dict[str, Any]
    taken: str
    tool: str
    active_allowed_by: str = ""
    stages: tuple[str, ...] = ()
    targets: dict[tuple[str, str], Facts] = field(default_factory=dict)

    def of(self, kind: str, name: str) -> Facts:
        """Give the facts of a target; a target that was not collected has none, and says so when one is read."""
        return self.targets.get((kind, name)) or KINDS[kind](name, {})

    def save(self, folder: Path) -> None:
        """Write the snapshot into ``folder``, which is made; files are readable by their owner only."""
        targets = folder / "targets"
        targets.mkdir(mode=0o700, parents=True)
        files = {}
        for number, ((kind, name), facts) in enumerate(self.targets.items()):
            # The number keeps names apart that look the same as file names; no name can leave the folder.
            file = targets / f"{number:04d}-{re.sub(r'[^A-Za-z0-9_-]', '_', name)[:80]}.json"
            write_private(file, {"kind": kind, "name": name, "facts": facts.to_json()})
            files[f"{kind}/{name}"] = file.name
        write_private(
            folder / "snapshot.json",
            {
                "format": FORMAT,
                "taken": self.taken,
                "tool": self.tool,
                "active_allowed_by": self.active_allowed_by,
                "stages": self.stages,
                "site": self.site,
                "targets": files,
            },
        )

    @classmethod
    def load(cls, path: Path) -> Snapshot:
        """Read a snapshot; ``path`` is its folder, its ``snapshot.json``, or a run's folder that holds it.

        Raises:
            SnapshotError: it is not there, is no snapshot, or was made by a newer version.
        """
        index_file = _index_file(path)
        index = _read(index_file)
        if index.get("format") != FORMAT:
            raise SnapshotError(
                f"{index_file}: format {index.get('format')!r} is not {FORMAT}, the one this version reads; "
                "use the version of the suite that took it"
            )
        try:
            snapshot = cls(dict(index["site"]), str(index["taken"]), str(index["tool"]))
            snapshot.active_allowed_by = str(index.get("active_allowed_by", ""))
            snapshot.stages = tuple(map(str, index.get("stages", ())))
            for key, name in index["targets"].items():
                kind, _, target = key.partition("/")
                file = index_file.parent / "targets" / Path(name).name
                document = _read(file)
                snapshot.targets[kind, target] = KINDS[kind].from_json(target, document["facts"])
        except (KeyError, TypeError, ValueError, AttributeError, CollectionError) as error:
            raise SnapshotError(f"{index_file}: this is no snapshot of a site ({error!r})") from error
        return snapshot


def stages_in(path: Path) -> list[str]:
    """Tell which stages a recorded snapshot can be judged by: those it was taken for, else what it holds decides.

    Raises:
        SnapshotError: it cannot be read.
    """
    index = _read(_index_file(path))
    targets, stages = index.get("targets"), index.get("stages")
    if isinstance(stages, list) and stages:
        return [stage for stage in _KIND_OF_STAGE if stage in stages]
    kinds = {str(key).partition("/")[0] for key in targets} if isinstance(targets, dict) else set()
    return [stage for stage, kind in _KIND_OF_STAGE.items() if kind in kinds]


def write_private(file: Path, document: object) -> None:
    """Write ``document`` as JSON into a new file that only its owner can read."""
    file.touch(mode=0o600, exist_ok=False)
    with file.open("w", encoding="utf-8") as stream:
        # As one string: json.dump would not use the encoder that is written in C.
        stream.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


def _index_file(path: Path) -> Path:
    for candidate in (path, path / "snapshot.json", path / "snapshot" / "snapshot.json"):
        if candidate.is_file():
            return candidate
    raise SnapshotError(f"{path}: no snapshot.json is here; give the folder of a run, or of its snapshot")


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _FILE_LIMIT:
            raise SnapshotError(f"{file}: is larger than {_FILE_LIMIT // 2**20} MiB, which no target's file is")
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SnapshotError(f"{file}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SnapshotError(f"{file}: holds no JSON object")
    return document
