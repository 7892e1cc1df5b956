"""Progress while nodes are collected: a bar on a terminal, one line at the end otherwise."""

from __future__ import annotations

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
    """Shows how collection goes.

    Args:
        what: what is about to be judged; said first.
        terminal: pytest's terminal; ``None`` says nothing.
    """

    def __init__(self, what: str, terminal: TerminalReporter | None) -> None:
        self._what = what
        self._terminal = terminal
        self._bar: Progress | None = None
        self._live: Live | None = None
        self._missing: set[str] = set()
        self._task: TaskID | None = None
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
        """One more thing was read of a cluster; what was missing before is not shown any more."""
        if self._missing and self._live is not None and self._bar is not None:
            self._live.update(self._bar)
            self._missing = set()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=of, description=f"reading {fact} of {cluster}")

    def waiting(self, cluster: str, missing: Sequence[str], left: float) -> None:
        """Show what is missing still: on a terminal always, otherwise a line where it has changed."""
        many = f"{len(missing)} things are missing" if len(missing) > 1 else "1 thing is missing"
        what = f"cluster {cluster}: waiting up to {left / 60:.0f} min more, {many}"
        if self._live is not None and self._bar is not None:
            shown = [*missing[:_SHOWN], *([f"and {len(missing) - _SHOWN} more"] if len(missing) > _SHOWN else [])]
            self._live.update(
                Group(Text(what), *(Text(f"  {line}", overflow="ellipsis", no_wrap=True) for line in shown), self._bar)
            )
        elif set(missing) != self._missing:
            new = [line for line in missing if line not in self._missing]
            self.say(f"{what}: {'; '.join((new or list(missing))[:_SHOWN])}")
        self._missing = set(missing)

    def say(self, line: str) -> None:
        """Say a line."""
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False)
        elif self._terminal is not None:
            self._terminal.write_line(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._bar = self._live = None
        if self._done:
            reached = f", {self._unreached} of them not reached" if self._unreached else ""
            self.say(f"collected {self._done} nodes in {time.monotonic() - self._started:.1f} s{reached}")
