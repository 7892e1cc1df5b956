"""Progress while nodes are collected: a bar on a terminal, one line at the end otherwise."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from types import TracebackType

    from _pytest.terminal import TerminalReporter
    from typing_extensions import Self

    from acp_acceptance.model.node import NodeFacts


class TerminalProgress:
    """Shows how collection goes.

    Args:
        what: what is about to be judged; said first.
        terminal: pytest's terminal; ``None`` says nothing.
    """

    def __init__(self, what: str, terminal: TerminalReporter | None) -> None:
        self._what = what
        self._terminal = terminal
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._unreached = 0
        self._done = 0
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self.say(self._what)
        if self._terminal is not None and self._terminal._tw.hasmarkup:  # noqa: SLF001 - pytest's own writer
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            console = Console(file=self._terminal._tw._file, force_terminal=True)  # noqa: SLF001 - likewise
            self._bar = Progress(*columns, console=console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("collecting", total=None)
        return self

    def collected(self, facts: NodeFacts, done: int, of: int) -> None:
        """One more node is done."""
        self._done = done
        if "contact" in facts.problems() or facts.contact.outcome != "answered":
            self._unreached += 1
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=of, description=f"collecting {facts.target}")

    def reading(self, cluster: str, fact: str, done: int, of: int) -> None:
        """One more thing was read of a cluster."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=of, description=f"reading {fact} of {cluster}")

    def say(self, line: str) -> None:
        """Say a line."""
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        elif self._terminal is not None:
            self._terminal.write_line(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._done:
            reached = f", {self._unreached} of them not reached" if self._unreached else ""
            self.say(f"collected {self._done} nodes in {time.monotonic() - self._started:.1f} s{reached}")
