"""What is done with several targets at once."""

from __future__ import annotations

import threading
import warnings

import pytest

from acp_acceptance.collect.quiet import quiet
from acp_acceptance.collect.side_by_side import each


def test_all_are_done_at_once_and_given_as_they_end() -> None:
    both = threading.Barrier(2, timeout=20)
    first_taken = threading.Event()

    def do(name: str) -> str:
        both.wait()
        if name == "slow":
            assert first_taken.wait(20)
        return name.upper()

    given = []
    for item, result in each(("slow", "fast"), do):
        given.append((item, result))
        first_taken.set()
    assert given == [("fast", "FAST"), ("slow", "SLOW")]


@pytest.mark.parametrize("error", [KeyError("bad"), SystemExit("bad")])
def test_what_one_raises_is_raised_and_the_others_are_left_behind(error: BaseException) -> None:
    released = threading.Event()

    def do(name: str) -> None:
        if name == "bad":
            raise error
        released.wait(20)

    try:
        with pytest.raises(type(error), match="bad"):
            list(each(("hangs", "bad"), do))
    finally:
        released.set()


def test_warnings_are_kept_back_until_the_last_thread_is_done() -> None:
    filters = list(warnings.filters)
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with quiet():
            entered.set()
            leave.wait(20)

    thread = threading.Thread(target=other)
    with quiet():
        thread.start()
        assert entered.wait(20)
    # The first has left, the other has not.
    with warnings.catch_warnings(record=True) as heard:
        warnings.warn("kept back", stacklevel=1)
    assert not heard
    leave.set()
    thread.join(20)
    assert warnings.filters == filters
