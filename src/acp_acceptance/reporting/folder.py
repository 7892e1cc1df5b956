"""The folder of a run: written beside its final place under a hidden name, and renamed when it is whole."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class RunFolder:
    """The folder of one run.

    Args:
        reports: the folder of all sites.
        site: the site's name.
        stage: what was run.
        started: UTC.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, reports: Path, site: str, stage: str, started: datetime) -> None:
        self._home = reports / safe_name(site)
        self._name = f"{safe_name(stage)}-{started:%Y%m%dT%H%M%SZ}"
        self._home.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix=f".{self._name}.", suffix=".partial", dir=self._home))

    @property
    def junit(self) -> Path:
        """Where JUnit XML is written while the run goes on."""
        return self.path / "junit.xml"

    @property
    def allure(self) -> Path:
        """Where Allure results are written while the run goes on."""
        return self.path / "allure-results"

    @property
    def snapshot(self) -> Path:
        """Where the snapshot is written."""
        return self.path / "snapshot"

    def finish(self) -> Path:
        """Close the folder to others and give it its final name; a second run in the same second gets a number."""
        for folder, _, files in os.walk(self.path):
            Path(folder).chmod(0o700)
            for file in files:
                (Path(folder) / file).chmod(0o600)
        final = next(path for path in self._names() if self._moved(path))
        self.path = final
        return final

    def _names(self) -> Iterator[Path]:
        yield self._home / self._name
        for number in count(2):
            yield self._home / f"{self._name}-{number}"

    def _moved(self, final: Path) -> bool:
        try:
            self.path.rename(final)
        except OSError:
            if not final.exists():
                raise
            return False
        return True

    def discard(self) -> None:
        """Remove the folder; nothing of the run is left."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._home.is_dir() and not any(self._home.iterdir()):
            self._home.rmdir()


def safe_name(name: str) -> str:
    """Make a file name of any text: it cannot leave its folder, be hidden, or be too long."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".")[:100] or "_"
