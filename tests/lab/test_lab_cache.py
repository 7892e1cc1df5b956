"""What labs build once: whole or not at all, by one process, and again after an interruption."""

from __future__ import annotations

import multiprocessing
import time
from typing import TYPE_CHECKING

import pytest

from lab.cache import built

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def build(folder: Path) -> None:
    (folder / "file").write_text("content")


def quiet(_line: str) -> None:
    pass


def failing(error: type[BaseException]) -> Callable[[Path], None]:
    def build_half(folder: Path) -> None:
        build(folder)
        raise error

    return build_half


def test_it_is_built_once_and_said() -> None:
    said: list[str] = []
    first = built("tree", "recipe", build, said.append)
    assert (first / "file").read_text() == "content"
    assert built("tree", "recipe", failing(RuntimeError), said.append) == first
    assert len(said) == 1
    assert str(first) in said[0]


def test_another_recipe_is_another_folder() -> None:
    assert built("tree", "one", build, quiet) != built("tree", "other", build, quiet)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_failed_is_not_there_and_is_built_the_next_time(error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error):
        built("tree", "recipe", failing(error), quiet)
    assert not [path for path in tmp_path.rglob("*") if path.is_dir() and path.name.startswith("tree")]
    assert (built("tree", "recipe", build, quiet) / "file").exists()


def test_the_half_that_a_killed_process_left_is_begun_anew() -> None:
    folder = built("tree", "recipe", build, quiet)
    half = folder.with_suffix(".half")
    folder.rename(half)
    (half / "stale").touch()
    assert [path.name for path in built("tree", "recipe", build, quiet).iterdir()] == ["file"]


def count_builds(counter: str) -> None:
    def slowly(folder: Path) -> None:
        with open(counter, "a") as stream:  # noqa: PTH123 - a path's open has no short form for this
            stream.write("built\n")
        time.sleep(0.2)
        build(folder)

    built("tree", "recipe", slowly, quiet)


def test_processes_that_want_it_at_once_build_it_once(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=count_builds, args=(str(counter),)) for _ in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 5
    assert counter.read_text() == "built\n"
