"""What is asked of targets side by side: none costs another, or lasts for ever."""

from __future__ import annotations

import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.measurement import CollectionError, Problem, problem_of
from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

SubjectT = TypeVar("SubjectT")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Step(Generic[SubjectT]):
    """One step: the facts in whose place a problem stands where it fails, and how it is done.

    It raises :class:`ApiError` or :class:`CollectionError` where it cannot be done; whatever else it raises is a
    problem, too.
    """

    facts: tuple[str, ...]
    do: Callable[[SubjectT], Mapping[str, object]]
    times: float = 1
    """Where it needs longer than others: how many times the seconds of all."""


def do_all(steps: Sequence[Step[SubjectT]], subject: SubjectT, seconds: float) -> dict[str, Any]:
    """Do all steps side by side; a problem stands in the place of what one could not give, or not in time.

    Args:
        steps: to be done.
        subject: that they are about.
        seconds: for each of them, but for those that need more.
    """
    done = _begun(steps, lambda step: _result(step, subject))
    begun = time.monotonic()
    found: dict[str, Any] = {}
    running = list(steps)
    while running:
        ends = begun + seconds * max(step.times for step in running)
        try:
            step, facts = done.get(timeout=max(0.01, ends - time.monotonic()))
        except queue.Empty:
            break
        running.remove(step)
        found.update(facts)
    late = {step: Problem("deadline", f"this was not known after {seconds * step.times:.0f} s") for step in running}
    return {name: problem for step, problem in late.items() for name in step.facts} | found


def each(items: Sequence[ItemT], do: Callable[[ItemT], ResultT]) -> Iterator[tuple[ItemT, ResultT]]:
    """Do something with each item, all at once, and give each with its result as soon as it is there.

    Ctrl-C leaves the others behind, as does what one raises.

    Raises:
        BaseException: what ``do`` raised.
    """

    def tried(item: ItemT) -> Future[ResultT]:
        future: Future[ResultT] = Future()
        try:
            future.set_result(do(item))
        except BaseException as error:  # noqa: BLE001 - raised again where it is taken, which waits for it
            future.set_exception(error)
        return future

    done = _begun(items, tried)
    for _ in items:
        item, future = done.get()
        yield item, future.result()


def _begun(items: Iterable[ItemT], do: Callable[[ItemT], ResultT]) -> queue.Queue[tuple[ItemT, ResultT]]:
    """Begin something with each item; gives where the results will be."""
    done: queue.Queue[tuple[ItemT, ResultT]] = queue.Queue()
    for item in items:
        # Not of a pool: what hangs must not keep the process from ending.
        threading.Thread(target=lambda item=item: done.put((item, do(item))), daemon=True).start()
    return done


def do_here(steps: Sequence[Step[SubjectT]], subject: SubjectT) -> dict[str, Any]:
    """Do steps one after the other in this thread, so that Ctrl-C reaches them and they can tidy up."""
    return {name: value for step in steps for name, value in _result(step, subject).items()}


def _result(step: Step[SubjectT], subject: SubjectT) -> Mapping[str, object]:
    try:
        return step.do(subject)
    except ApiError as error:
        problem = error.problem
    except CollectionError as error:
        problem = problem_of(error)
    except Exception as error:  # noqa: BLE001 - one step must not cost the others, whatever a cluster or the runner does
        problem = Problem("unreadable", printable(f"it could not be read ({type(error).__name__}: {error})"))
    return dict.fromkeys(step.facts, problem)
