"""``python -m lab.record``: record again what the demo judges where nothing can be started.

Each recorded run is a snapshot of a live demo, without what names the machine that it was taken on. Needs what the
clusters of the lab need, and some minutes.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import cluster_demo
from lab.cache import cache_folder
from lab.networks import RUNNING
from lab.pair import demo as pair_demo
from lab.programs import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Started = AbstractContextManager[tuple[Path, list[str]]]

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "inventories" / "recorded"
_LAYERS = ("lowerdir=", "upperdir=", "workdir=")
"""Mount options of a lab node's root that say where its layers lie on this machine."""
_JUDGED = {0, 1}
"""Exit statuses of a run that has judged."""


@contextmanager
def _platform() -> Iterator[tuple[Path, list[str]]]:
    with cluster_demo.demo_platform() as inventory:
        yield inventory, []


RUNS: dict[str, tuple[str, Callable[[], Started]]] = {
    "installed-cluster": ("postinstall", _platform),
    "recovery-pair": ("dr", pair_demo.demo_pair),
}
"""Recorded runs: name to stage, and what starts the demo; that gives an inventory, and the command to run inside."""


def main() -> int:
    """Record what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m lab.record", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(RUNS)}; all where none is said")
    parser.add_argument("--output", type=Path, default=RECORDED, help="folder for them (inventories/recorded)")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(RUNS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(RUNS)}")
    try:
        for name in chosen.names or RUNS:
            print(f"{name}: starting what is recorded ...", flush=True)
            record(name, chosen.output / name)
            print(f"{name}: written to {chosen.output / name}")
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


def record(name: str, target: Path) -> None:
    """Run the suite over a live demo, and keep its snapshot.

    Args:
        name: of :data:`RUNS`.
        target: folder, whose content is replaced once the run has judged.

    Raises:
        LabError: the demo cannot be started, the suite did not judge, or the snapshot would name this machine.
    """
    stage, start = RUNS[name]
    if reason := cluster_demo.missing() or (pair_demo.missing() if stage == "dr" else ""):
        raise LabError(f"nothing can be started here: {reason}")
    with tempfile.TemporaryDirectory(prefix="acp-record-") as folder:
        with start() as (inventory, inside):
            options = [f"--acp-stage={stage}", f"--acp-inventory={inventory}", f"--acp-reports={folder}"]
            done = subprocess.run([*inside, sys.executable, "-m", "pytest", *options], cwd=ROOT, check=False)
        if done.returncode not in _JUDGED:
            raise LabError(f"the suite did not judge: it ended with {done.returncode}")
        (snapshot,) = Path(folder).glob("*/*/snapshot")
        keep(snapshot, target)


def keep(snapshot: Path, target: Path) -> None:
    """Copy a snapshot without what names this machine; it can be read by all.

    Raises:
        LabError: something would still name this machine; nothing is written then.
    """
    texts = {path.relative_to(snapshot): _kept(path) for path in sorted(snapshot.rglob("*.json"))}
    shutil.rmtree(target, ignore_errors=True)
    for path, text in texts.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _kept(path: Path) -> str:
    text = json.dumps(nameless(json.loads(path.read_text(encoding="utf-8"))), ensure_ascii=False, separators=(",", ":"))
    if found := re.search(rf"[^\"]*(?:{'|'.join(_places())}|/\.cache/)[^\"]*", text):
        raise LabError(f"{path.name} names this machine still: {found[0]}")
    return text + "\n"


def nameless(value: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Give what a snapshot holds without the folders of this machine: files stand there by their names alone."""
    if isinstance(value, dict):
        return {nameless(key): nameless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [nameless(item) for item in value if not (isinstance(item, str) and item.startswith(_LAYERS))]
    if isinstance(value, str):
        return re.sub(rf"(?:{'|'.join(_places())})[^/\s]*/", "", value)
    return value


def _places() -> list[str]:
    """Give patterns of the folders that a lab or a run makes on this machine, up to their own names."""
    temporary = re.escape(tempfile.gettempdir())
    return [rf"{temporary}/acp-", rf"{re.escape(str(RUNNING))}/", rf"{re.escape(str(cache_folder()))}/"]


if __name__ == "__main__":
    sys.exit(main())
