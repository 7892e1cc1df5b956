"""The demo's pair: two clusters, and a few faults of disaster recovery."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lab.control_plane.programs import is_there
from lab.pair.pair import Pair
from lab.pair.synchroniser import image

if TYPE_CHECKING:
    from collections.abc import Iterator

RELEASE = "4.2"
FAULTS_OF_DEMO = ("missed-keys", "coredns-stale", "images-missing")


def missing() -> str:
    """Say what keeps a pair from being started where a cluster can be; nothing where it can be, too."""
    if not is_there(image):
        return "its synchroniser is not built yet; `python -m lab prepare --clusters` builds it"
    return ""


@contextmanager
def demo_pair() -> Iterator[tuple[Path, list[str]]]:
    """Start it; gives its inventory, and the command that runs commands where its name server is asked."""
    with ExitStack() as stack:
        pair = stack.enter_context(Pair(release=RELEASE, say=lambda _line: None))
        for fault in FAULTS_OF_DEMO:
            stack.enter_context(pair.fault(fault))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="acp-demo-")))
        yield pair.write_inventory(folder), pair.inside
