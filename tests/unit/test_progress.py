"""What a terminal shows while a cluster is waited for."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

from acp_acceptance.plugin.progress import TerminalProgress

MISSING = [f"AppRelease cpaas-system/a{number}: [bold]Health is False" for number in range(14)]


def test_a_terminal_shows_what_is_missing_until_it_is_there() -> None:
    stream = io.StringIO()
    terminal: Any = SimpleNamespace(_tw=SimpleNamespace(hasmarkup=True, _file=stream), write_line=print)
    with TerminalProgress("cluster global", terminal) as progress:
        progress.waiting("global", MISSING, 840)
        shown = stream.getvalue()
        stream.truncate(0)
        progress.reading("global", "pods", 1, 2)
        later = stream.getvalue()
    assert "waiting up to 14 min more, 14 things are missing" in shown
    assert "[bold]Health is False" in shown
    assert "and 4 more" in shown
    assert "AppRelease" not in later
    assert "reading pods of global" in later


def test_without_a_terminal_a_line_says_what_is_new(capsys: Any) -> None:
    terminal: Any = SimpleNamespace(_tw=SimpleNamespace(hasmarkup=False), write_line=print)
    with TerminalProgress("cluster global", terminal) as progress:
        progress.waiting("global", MISSING[:1], 60)
        progress.waiting("global", MISSING[:1], 55)
        progress.waiting("global", MISSING[:2], 50)
    lines = [line for line in capsys.readouterr().out.splitlines() if "missing" in line]
    assert [line.count("AppRelease") for line in lines] == [1, 1]
    assert "1 thing is missing: AppRelease cpaas-system/a0" in lines[0]
    assert "2 things are missing: AppRelease cpaas-system/a1" in lines[1]


def test_two_clusters_are_waited_for_and_read_at_once() -> None:
    stream = io.StringIO()
    terminal: Any = SimpleNamespace(_tw=SimpleNamespace(hasmarkup=True, _file=stream), write_line=print)
    with TerminalProgress("a pair", terminal) as progress:
        progress.waiting("first", ["Pod a"], 60)
        progress.waiting("second", ["Pod b"], 60)
        stream.truncate(0)
        progress.reading("first", "pods", 1, 9)
        shown = stream.getvalue()
    assert "Pod a" not in shown
    assert "Pod b" in shown
    assert "reading pods of first" in shown
    # No node is collected here, so that there is no bar for them.
    assert "collecting" not in shown


def test_what_goes_on_after_the_end_says_nothing(capsys: Any) -> None:
    terminal: Any = SimpleNamespace(_tw=SimpleNamespace(hasmarkup=False), write_line=print)
    with TerminalProgress("a pair", terminal) as progress:
        progress.waiting("first", ["Pod a"], 60)
    progress.waiting("first", ["Pod b"], 55)
    progress.say("more")
    progress.reading("first", "pods", 1, 2)
    assert "Pod b" not in capsys.readouterr().out
