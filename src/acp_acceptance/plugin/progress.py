"""Progress while nodes are collected: a bar on a terminal, one line at the end otherwise."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from _pytest.terminal import TerminalReporter
    from typing_extensions import Self

    from acp_acceptance.model.node import NodeFacts

_SHOWN = 10


class TerminalProgress:
    """Shows how collection goes; any thread may tell it.

    Args:
        what: what is about to be judged; said first.
        terminal: pytest's terminal; ``None`` says nothing.
    """

    def __init__(self, what: str, terminal: TerminalReporter | None) -> None:
        self._what = what
        self._terminal = terminal
        self._bar: Progress | None = None
        self._live: Live | None = None
        self._missing: dict[str, tuple[str, Sequence[str]]] = {}
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.RLock()
        self._unreached = 0
        self._done = 0
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self.say(self._what)
        if self._terminal is not None and self._terminal._tw.hasmarkup:  # noqa: SLF001 - pytest's own writer
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            console = Console(file=self._terminal._tw._file, force_terminal=True)  # noqa: SLF001 - likewise
            self._bar = Progress(*columns, console=console)
            self._live = Live(self._bar, console=console, transient=True)
            self._live.start()
            self._advance("", "collecting", 0, None)
        return self

    def collected(self, facts: NodeFacts, done: int, of: int) -> None:
        """One more node is done."""
        self._done = done
        if "contact" in facts.problems() or facts.contact.outcome != "answered":
            self._unreached += 1
        self._advance("", f"collecting {facts.target}", done, of)

    def reading(self, cluster: str, fact: str, done: int, of: int) -> None:
        """One more thing was read of a cluster; what was missing before is not shown any more."""
        with self._lock:
            self._advance(cluster, f"reading {fact} of {cluster}", done, of)
            if self._missing.pop(cluster, None):
                self._draw()

    def waiting(self, cluster: str, missing: Sequence[str], left: float) -> None:
        """Show what is missing still: on a terminal always, otherwise a line where it has changed."""
        many = f"{len(missing)} things are missing" if len(missing) > 1 else "1 thing is missing"
        what = f"cluster {cluster}: waiting up to {left / 60:.0f} min more, {many}"
        with self._lock:
            _, before = self._missing.get(cluster, ("", ()))
            self._missing[cluster] = (what, missing)
            if self._live is not None:
                self._draw()
            elif set(missing) != set(before):
                new = [line for line in missing if line not in before]
                self.say(f"{what}: {'; '.join((new or list(missing))[:_SHOWN])}")

    def say(self, line: str) -> None:
        """Say a line; nothing once collecting has ended, whichever thread goes on after Ctrl-C."""
        with self._lock:
            if self._live is not None:
                self._live.console.print(line, markup=False, highlight=False)
            elif self._terminal is not None:
                self._terminal.write_line(line)

    def _advance(self, name: str, what: str, done: int, of: int | None) -> None:
        """Move the bar of the nodes, or that of a cluster; where no node is collected, theirs makes room."""
        with self._lock:
            if self._bar is None:
                return
            if name not in self._tasks:
                self._tasks[name] = self._bar.add_task(what, total=of)
            self._bar.update(self._tasks[name], completed=done, total=of, description=what)
            self._bar.update(self._tasks[""], visible=not name or bool(self._done))

    def _draw(self) -> None:
        """Draw what is missing of each cluster above the bars."""
        if self._live is not None and self._bar is not None:
            lines: list[Text] = []
            for what, missing in self._missing.values():
                more = [f"and {len(missing) - _SHOWN} more"] if len(missing) > _SHOWN else []
                shown = (Text(f"  {line}", overflow="ellipsis", no_wrap=True) for line in [*missing[:_SHOWN], *more])
                lines += [Text(what), *shown]
            self._live.update(Group(*lines, self._bar), refresh=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._bar = self._live = None
            if self._done:
                reached = f", {self._unreached} of them not reached" if self._unreached else ""
                self.say(f"collected {self._done} nodes in {time.monotonic() - self._started:.1f} s{reached}")
            self._terminal = None
