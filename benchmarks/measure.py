"""Running one program and measuring it: time, the runner's processor time, and in a run of its own its memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LOOK_SECONDS = 0.05
_KIB = 1024


@dataclass(frozen=True)
class Job:
    """A program to be measured, with all that it needs prepared.

    Attributes:
        argv: its command line.
        problem: tells what is wrong with what it did, or nothing; is given what it printed and its exit status.
        environment: its variables.
        cwd: where it runs.
        tidy: ends what it left behind; is not measured.
        notes: what ``problem`` saw besides; ``verdicts`` is their number.
    """

    argv: Sequence[str]
    problem: Callable[[str, int], str]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    cwd: Path = field(default_factory=Path.cwd)
    tidy: Callable[[], None] = lambda: None
    notes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What one run cost.

    Attributes:
        seconds: from its start to its end.
        processor: seconds of processor time of it and all of its children, on the runner alone.
        problem: why it does not count; empty where it did what it should.
        verdicts: how many it gave, where that is known.
    """

    seconds: float
    processor: float
    problem: str
    verdicts: int = 0


@dataclass
class Memory:
    """The most that a run's processes held at one moment, in bytes; a page that several share counts once.

    Attributes:
        total: of all of them together.
        program: of the program itself.
        children: of all the others together.
        processes: how many there were.
    """

    total: int = 0
    program: int = 0
    children: int = 0
    processes: int = 0


def run(job: Job, log: Path, timeout: float, memory: Memory | None = None, look_seconds: float = _LOOK_SECONDS) -> Run:
    """Run a job to its end.

    Args:
        job: what to run.
        log: file for what it prints.
        timeout: seconds, after which it is ended and does not count.
        memory: is filled, by looking again and again; that costs time, so such a run is not one to be timed.
        look_seconds: between two looks.
    """
    with log.open("wb") as stream:
        started = time.monotonic()
        process = subprocess.Popen(
            job.argv,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=dict(job.environment),
            cwd=job.cwd,
            start_new_session=True,
        )
        late = threading.Timer(timeout, process.kill)
        late.start()
        watcher = threading.Thread(target=_watch, args=(process.pid, memory or Memory(), look_seconds), daemon=True)
        if memory is not None:
            watcher.start()
        # Of a child that has ended the kernel tells what it and its own children used.
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        late.cancel()
    job.tidy()
    said = log.read_text(encoding="utf-8", errors="replace")
    problem = f"ended after {timeout:.0f} s" if seconds >= timeout else job.problem(said, process.returncode)
    return Run(seconds, used.ru_utime + used.ru_stime, problem, job.notes.get("verdicts", 0))


def _watch(pid: int, memory: Memory, look_seconds: float) -> None:
    while (program := _held(pid)) > 0:
        children = [_held(child) for child in _descendants(pid)]
        memory.program = max(memory.program, program)
        memory.children = max(memory.children, sum(children))
        memory.total = max(memory.total, program + sum(children))
        memory.processes = max(memory.processes, 1 + len(children))
        time.sleep(look_seconds)


def _held(pid: int) -> int:
    """Give a process's proportional set size: what it shares with others is divided among them."""
    with suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * _KIB
    return 0


def _descendants(pid: int) -> list[int]:
    found = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += [int(child), *_descendants(int(child))]
    return found
