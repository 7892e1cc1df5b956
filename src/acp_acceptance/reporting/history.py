"""What earlier runs of a site said: a JSON line for each, for the trend; read leniently, whatever the file holds.

``reports/<site>/history/<stage>.jsonl`` is appended to under a lock, and cut to its newer half when it has grown large.
Runs over a recorded snapshot are no new observation, and are not kept.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from acp_acceptance.model.pair.last_consistency import LastConsistency
from acp_acceptance.model.text import printable
from acp_acceptance.reporting.measurements import worst
from acp_acceptance.reporting.results import Outcome, Results, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

FILE_LIMIT = 8 * 2**20
"""Bytes; a file that has grown larger is cut to its newer half."""
LINE_LIMIT = 64 * 2**10
"""Bytes; what is longer is no line of ours."""
_CLOCK_ERROR = timedelta(days=1)
_MONITORED = {"missed_keys", "surplus_keys"}
_WORST_FIRST = (
    Outcome.FAILED,
    Outcome.BROKEN,
    Outcome.NOT_RUN,
    Outcome.WAIVED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)


class Entry(BaseModel):
    """One run.

    Attributes:
        started: UTC.
        finished: UTC.
        stage: what was run; see :attr:`acp_acceptance.reporting.results.Scope.name`.
        release: that was judged by.
        verdict: on the whole run.
        status: its exit status.
        interrupted: it did not come to its end.
        counts: verdicts by outcome.
        outcomes: by requirement: the worst of its targets; a site's own checks are only counted.
        measurements: by name: the worst.
        folder: name of the run's folder, beside ``history``.
    """

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    started: AwareDatetime
    finished: AwareDatetime
    stage: str = Field(max_length=100)
    release: str = Field(max_length=20)
    verdict: Literal["accepted", "not accepted", "partial", "nothing judged"]
    status: int
    interrupted: bool = False
    counts: dict[str, int]
    outcomes: dict[str, Outcome] = {}
    measurements: dict[str, float] = {}
    folder: str = Field(default="", max_length=200)


@dataclass(frozen=True)
class History:
    """The runs of one stage of a site.

    Attributes:
        entries: oldest first.
        unreadable: how many lines were no runs.
        problem: why nothing could be read; empty where it could, or where there is nothing yet.
    """

    entries: tuple[Entry, ...] = ()
    unreadable: int = 0
    problem: str = ""

    @property
    def last_success(self) -> Entry | None:
        """The newest run that was accepted."""
        return next((entry for entry in reversed(self.entries) if entry.verdict == "accepted"), None)

    def last_of(self, requirement: str) -> tuple[Entry, Outcome] | None:
        """Give the newest run that measured a requirement, with what came of it."""
        measured = {Outcome.PASSED, Outcome.FAILED, Outcome.WAIVED}
        for entry in reversed(self.entries):
            outcome = entry.outcomes.get(requirement)
            if outcome in measured:
                return entry, outcome
        return None


def last_consistency(histories: Iterable[History], before: datetime) -> LastConsistency:
    """Give the newest answer of the synchroniser's monitor that runs before a time have kept."""
    asked = [
        entry
        for past in histories
        for entry in past.entries
        if entry.started <= before and entry.measurements.keys() >= _MONITORED
    ]
    if not asked:
        return LastConsistency()
    newest = max(asked, key=lambda entry: entry.started)
    missed, surplus = (int(newest.measurements[name]) for name in ("missed_keys", "surplus_keys"))
    return LastConsistency(newest.started.isoformat(), missed, surplus, printable(newest.folder, limit=100))


def entry_of(results: Results, status: int, folder: str) -> Entry:
    """Give what is kept of a run."""
    return Entry(
        started=datetime.fromisoformat(results.run.started),
        finished=datetime.fromisoformat(results.run.finished),
        stage=results.scope.name,
        release=results.site.release,
        verdict=results.verdict,
        status=status,
        interrupted=results.run.interrupted,
        counts=results.counts,
        outcomes=_by_requirement(results.verdicts),
        measurements=worst(results.measurements),
        folder=folder,
    )


def _by_requirement(verdicts: Iterable[Verdict]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for verdict in verdicts:
        if not verdict.own:
            before = found.get(verdict.requirement, Outcome.NOT_APPLICABLE)
            found[verdict.requirement] = min(before, verdict.outcome, key=_WORST_FIRST.index)
    return found


def history_file(site: Path, stage: str) -> Path:
    """Give the file of a stage below a site's folder of reports."""
    return site / "history" / f"{re.sub(r'[^A-Za-z0-9._+-]', '_', stage)[:100]}.jsonl"


def load(file: Path, *, now: datetime | None = None) -> History:
    """Read a history. Lines that are no runs are counted and left out, and so are runs of the future."""
    try:
        with _regular(file, os.O_RDONLY) as stream:
            lines = _last_lines(stream)
    except FileNotFoundError:
        return History()
    except OSError as error:
        return History(problem=f"{file}: {error.strerror or error}")
    latest = (now or datetime.now(timezone.utc)) + _CLOCK_ERROR
    read = [_entry(line) for line in lines if line.strip()]
    entries = [entry for entry in read if entry and entry.started <= latest]
    entries.sort(key=lambda entry: entry.started)
    return History(tuple(entries), unreadable=len(read) - len(entries))


def append(file: Path, entry: Entry) -> None:
    """Add a run to a history.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(mode=0o700, exist_ok=True)
    line = entry.model_dump_json(by_alias=True).encode() + b"\n"
    with _lock(file), _regular(file, os.O_RDWR | os.O_CREAT | os.O_APPEND) as stream:
        size = stream.seek(0, os.SEEK_END)
        if size > FILE_LIMIT:
            _cut(file, stream, line)
            return
        if size:
            stream.seek(size - 1)
            # A run that was killed while it wrote has left half a line.
            line = line if stream.read(1) == b"\n" else b"\n" + line
        stream.write(line)
        stream.flush()


def _entry(line: bytes) -> Entry | None:
    try:
        return Entry.model_validate_json(line)
    except ValidationError:
        return None


def _last_lines(stream: IO[bytes], limit: int = FILE_LIMIT + LINE_LIMIT) -> list[bytes]:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - limit))
    lines = stream.read(limit).split(b"\n")
    # The first one of what is not the whole file is half a line.
    return [line[: LINE_LIMIT + 1] for line in (lines[1:] if size > limit else lines)]


def _cut(file: Path, stream: IO[bytes], line: bytes) -> None:
    """Put the newer half and a new line in the place of a file."""
    kept = b"\n".join([item for item in _last_lines(stream, FILE_LIMIT // 2) if item.strip()]) + b"\n"
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as new:
            new.write(kept + line)
        Path(name).rename(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def _regular(file: Path, flags: int) -> Iterator[IO[bytes]]:
    """Open a file that is no link, folder, pipe or device, so that nothing foreign is waited for or written to.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    descriptor = os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{file} is no regular file")
        yield stream


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    with _regular(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
