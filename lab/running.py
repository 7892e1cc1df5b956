"""Labs that run on this machine, whoever started them: finding and ending them."""

from __future__ import annotations

import json
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.networks import folder_of, folders, supervisor_of
from lab.programs import LabError

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = "lab.json"
_END_SECONDS = 60.0


@dataclass(frozen=True)
class RunningLab:
    """A lab that runs.

    Attributes:
        name: what it was called.
        owner: id of the process with which it ends; ``None`` for one that stays.
        addresses: of its nodes, by name.
        folder: its private folder.
        supervisor: id of the process it belongs to.
    """

    name: str
    owner: int | None
    addresses: dict[str, str]
    folder: Path
    supervisor: int

    def end(self) -> None:
        """End it, and wait until nothing of it is left.

        Raises:
            LabError: it did not end.
        """
        # It may end by itself at this moment.
        with suppress(ProcessLookupError):
            descriptor = os.pidfd_open(self.supervisor)
            try:
                signal.pidfd_send_signal(descriptor, signal.SIGTERM)
                ended, _, _ = select.select([descriptor], [], [], _END_SECONDS)
            finally:
                os.close(descriptor)
            if not ended:
                raise LabError(f"lab {self.name} (process {self.supervisor}) does not end")


def describe(folder: Path, name: str, owner: int | None, addresses: dict[str, str]) -> None:
    """Note in a lab's folder what it is, for other processes."""
    about = {"name": name, "owner": owner, "addresses": addresses}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")


def running_labs() -> list[RunningLab]:
    """Give all labs that run."""
    labs = []
    for number in folders():
        supervisor = supervisor_of(number)
        # A lab that is just being started or ended has no description, or no process.
        with suppress(FileNotFoundError, ValueError):
            about = json.loads((folder_of(number) / ABOUT).read_text(encoding="utf-8"))
            if supervisor is not None:
                labs.append(RunningLab(**about, folder=folder_of(number), supervisor=supervisor))
    return labs
