"""What was observed, or why it was not: the values a snapshot is made of.

Three things are kept apart everywhere: a value that says *absent* (``None`` or an empty tuple inside a fact),
a fact that was *not measured* (a :class:`Problem`), and a fact that was measured and is *empty*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args, overload

from pydantic import TypeAdapter, ValidationError

from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

    from acp_acceptance.model.sections import Section

T = TypeVar("T")


ProblemKind = Literal[
    "unreachable",
    "no-access",
    "unauthorised",
    "forbidden",
    "no-rights",
    "no-client",
    "no-program",
    "deadline",
    "busy",
    "interrupted",
    "cut-off",
    "incomplete",
    "server",
    "absent",
    "empty",
    "unreadable",
    "unparsable",
    "unclear",
    "too-early",
    "no-peer",
    "unsaid",
    "not-collected",
    "not-asked",
    "check-failed",
]
"""What stands in the way of measuring, in one word, for counting and for translation.

``reporting/problems.yaml`` has a sentence and a next step for each; ``check-failed`` is a fault of the check itself.
"""

PROBLEM_KINDS: frozenset[ProblemKind] = frozenset(get_args(ProblemKind))


class CollectionError(Exception):
    """A fact could not be measured; the verdict that needs it is *broken*, never *passed*.

    Attributes:
        reason: one English sentence with what was seen.
        kind: what stood in the way.
        said: the whole message for people, once somebody has said it.
    """

    said = ""

    def __init__(self, reason: str, kind: ProblemKind = "unreadable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind

    def __str__(self) -> str:
        """Give the reason, until the message was said."""
        return self.said or self.reason


@dataclass(frozen=True)
class Problem:
    """Why a fact was not measured.

    Attributes:
        kind: what stood in the way.
        reason: one English sentence with what was seen; already free of secrets and control characters.
    """

    kind: ProblemKind
    reason: str


def problem_of(error: Exception) -> Problem:
    """Give what stands in the place of a fact that could not be measured."""
    return Problem(error.kind if isinstance(error, CollectionError) else "unreadable", printable(str(error)))


_NOT_COLLECTED = Problem("not-collected", "this snapshot does not hold it")


@dataclass(frozen=True)
class Fact(Generic[T]):
    """One fact of a target, declared as a class attribute of :class:`Facts`.

    Reading it gives the typed value, or raises :class:`CollectionError` with the reason it was not measured.

    Attributes:
        kind: the frozen dataclass that holds the fact.
        parse: the pure function that makes it from the probe's section of the same name; ``None`` for facts that
            the collector measures itself (whether the target answers, its clock).
    """

    kind: type[T]
    parse: Callable[[Section], T] | None = None
    name: str = field(default="", init=False)

    @cached_property
    def adapter(self) -> TypeAdapter[T]:
        """Checks and converts between the typed value and its JSON form."""
        return TypeAdapter(self.kind)

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @overload
    def __get__(self, instance: None, owner: type) -> Fact[T]: ...
    @overload
    def __get__(self, instance: Facts, owner: type) -> T: ...
    def __get__(self, instance: Facts | None, owner: type) -> Fact[T] | T:
        if instance is None:
            return self
        return instance.measured(self)


class Facts:
    """Everything that was observed of one target.

    Args:
        target: the target's name, for messages.
        values: fact name to what was observed: the typed value, its JSON form, or a :class:`Problem`.
    """

    def __init__(self, target: str, values: Mapping[str, Any]) -> None:
        self.target = target
        self._values = dict(values)

    @classmethod
    def declared(cls) -> dict[str, Fact[Any]]:
        """Give the facts that this kind of target has, by name."""
        return {
            name: fact for base in reversed(cls.__mro__) for name, fact in vars(base).items() if isinstance(fact, Fact)
        }

    def measured(self, fact: Fact[T]) -> T:
        """Give the value of a fact.

        Raises:
            CollectionError: it was not measured; the message says why.
        """
        value = self._values.get(fact.name, _NOT_COLLECTED)
        if isinstance(value, Problem):
            said = value.reason if value.kind == "unreachable" else f"{fact.name}: {value.reason}"
            raise CollectionError(said, kind=value.kind)
        if isinstance(value, fact.kind):
            return value
        try:
            typed = fact.adapter.validate_python(value)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            raise CollectionError(
                f"{fact.name} cannot be read from the snapshot: {'.'.join(map(str, problem['loc']))}: {problem['msg']}",
                kind="unparsable",
            ) from error
        self._values[fact.name] = typed
        return typed

    def having(self, more: Mapping[str, Any]) -> Self:
        """Give the same facts, with ``more`` put in their places by name."""
        return type(self)(self.target, {**self._values, **more})

    def is_measured(self, fact: Fact[Any]) -> bool:
        """Tell whether a fact is there, and no problem in its place."""
        return not isinstance(self._values.get(fact.name, _NOT_COLLECTED), Problem)

    def add(self, more: Mapping[str, object]) -> None:
        """Put in facts that were measured later than the others, or the problems in their places."""
        self._values.update(more)

    def problems(self) -> dict[str, Problem]:
        """Give the facts that were not measured, by name."""
        return {name: value for name, value in self._values.items() if isinstance(value, Problem)}

    def to_json(self) -> dict[str, Any]:
        """Give the JSON form: per fact either ``{"value": ...}`` or ``{"problem": {"kind", "reason"}}``."""
        declared = self.declared()
        document: dict[str, Any] = {}
        for name, value in self._values.items():
            if isinstance(value, Problem):
                document[name] = {"problem": {"kind": value.kind, "reason": value.reason}}
            else:
                fact = declared[name]
                typed = isinstance(value, fact.kind)
                document[name] = {"value": fact.adapter.dump_python(value, mode="json") if typed else value}
        return document

    @classmethod
    def from_json(cls, target: str, document: Mapping[str, Any]) -> Facts:
        """Read the JSON form back; values are checked when they are first used.

        Raises:
            CollectionError: the document is no such form.
        """
        values: dict[str, Any] = {}
        for name, entry in document.items():
            match entry:
                case {"problem": {"kind": str(kind), "reason": str(reason)}}:
                    # A recording of another version may have a kind that is not known here.
                    values[name] = Problem(kind if kind in PROBLEM_KINDS else "unreadable", reason)
                case {"value": value}:
                    values[name] = value
                case _:
                    raise CollectionError(
                        f"{name} of {target} in the snapshot is neither a value nor a problem", kind="unparsable"
                    )
        return cls(target, values)
