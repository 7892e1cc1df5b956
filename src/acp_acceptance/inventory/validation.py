"""Pydantic's errors, said in the words of the file: line, key, what is wrong, what to write instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from acp_acceptance.inventory.document import joined
from acp_acceptance.inventory.wording import did_you_mean, listed, shown

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from acp_acceptance.inventory.document import Data, Lines
    from acp_acceptance.inventory.errors import Problems

_ModelT = TypeVar("_ModelT", bound=BaseModel)
_Place = tuple[str | int, ...]
_SECRET = re.compile(r"pass|secret|token|credential|fingerprint", re.IGNORECASE)


class BlockValidator:
    """Makes models of one block of a file.

    Attributes:
        key: the path of keys to the block.
        problems: where what is wrong is noted.
    """

    def __init__(self, key: str, data: Data, lines: Lines, problems: Problems) -> None:
        self.key = key
        self.problems = problems
        self._data = data
        self._lines = lines

    def make(self, model: type[_ModelT], folder: Path | None = None) -> _ModelT | None:
        """Make a model of the block; None where that cannot be done, with the reasons noted.

        Args:
            model: what to make.
            folder: where the file's relative paths begin.
        """
        try:
            return model.model_validate(self._data, context={"folder": folder})
        except ValidationError as error:
            for details in error.errors(include_url=False):
                place = tuple(part for part in details["loc"] if part != "[key]")
                self.add(place, _words(model, place, details))
        return None

    def add(self, place: _Place, text: str) -> None:
        """Note a problem at a place of the block."""
        key = self.key
        for part in place:
            key = f"{key}[{part}]" if isinstance(part, int) else joined(key, part)
        self.problems.add(self.line(place), key, text)

    def line(self, place: _Place) -> int:
        """Give the line of a place, or of the nearest one around it that the file has."""
        while place not in self._lines and place:
            place = place[:-1]
        return self._lines.get(place, 1)


def _words(model: type[BaseModel], place: _Place, details: ErrorDetails) -> str:
    kind, value = details["type"], details["input"]
    if kind == "extra_forbidden":
        return _unknown_key(model, place)
    if kind == "value_error":
        return str(details["ctx"]["error"])
    return f"{_what_is_wrong(kind, value, place)}; {_what_to_write(model, place, details)}"


def _what_is_wrong(kind: str, value: object, place: _Place) -> str:
    if kind == "missing":
        return "is missing"
    if kind in _NO_VALUE or not isinstance(value, str):
        return f"{_KINDS.get(type(value), 'nothing')} stands here"
    if not value:
        return "is empty"
    quoted = "this" if _SECRET.search(".".join(map(str, place))) else shown(value)
    if kind in _OF_SEVERAL:
        return f"{quoted} is no {_last_name(place).replace('_', ' ')}"
    return f"{quoted} is out of range" if kind.startswith(("greater", "less")) else f"{quoted} does not fit"


def _what_to_write(model: type[BaseModel], place: _Place, details: ErrorDetails) -> str:
    kind = details["type"]
    if kind in _OF_SEVERAL:
        options = re.findall(r"'([^']*)'", str(details["ctx"]["expected"]))
        return f"write one of {listed(options)}{did_you_mean(str(details['input']), options)}"
    if kind.startswith(("greater", "less")):
        words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
        return "write " + " and ".join(f"{words[name]} {bound}" for name, bound in details["ctx"].items())
    return f"write {_expected(model, place, kind)}"


def _unknown_key(model: type[BaseModel], place: _Place) -> str:
    fields = _model_at(model, place[:-1])
    known = list(fields.model_fields) if fields else []
    meant = did_you_mean(str(place[-1]), known)
    return f"is no key that is known here{meant or '; write one of ' + listed(known, 40)}"


_OF_SEVERAL = ("enum", "literal_error")
_NO_VALUE = ("model_type", "dict_type", "tuple_type")
_KINDS: dict[type, str] = {str: "a single value", dict: "a mapping", list: "a list", tuple: "a list"}
_WHAT_FITS = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "model_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "string_type": "a single value",
    "timezone_aware": "a time with its offset from UTC",
}


def _expected(model: type[BaseModel], place: _Place, kind: str) -> str:
    """Say what fits at a place: by the kind of error, and by the example that the model's field gives."""
    name = _last_name(place)
    owner = _model_at(model, place[:-1])
    field = owner.model_fields.get(name) if owner else None
    if field is not None and (options := _enumeration(field.annotation)):
        return f"one of {', '.join(options)}"
    found = _example(field, field.annotation) if field else None
    example = f"{name}: {found}" if found else ""
    return ", such as ".join(part for part in (_WHAT_FITS.get(kind, ""), example) if part) or "a value that fits"


def _example(*places: Any) -> Any:  # noqa: ANN401 - an example is any object
    """Find an example in a field, or in the types that it is made of."""
    for place in places:
        inner = (*getattr(place, "__metadata__", ()), *getattr(place, "__args__", ()))
        if found := next(iter(getattr(place, "examples", None) or ()), None) or (_example(*inner) if inner else None):
            return found
    return None


def _last_name(place: _Place) -> str:
    return next((part for part in reversed(place) if isinstance(part, str)), "")


def _enumeration(annotation: Any) -> list[str] | None:  # noqa: ANN401 - a type is any object
    members = getattr(annotation, "__members__", None)
    return [member.value for member in members.values()] if members else None


def _model_at(model: type[BaseModel], place: _Place) -> type[BaseModel] | None:
    """Find the model that a path of keys leads to; names that people give (of clusters) are passed over."""
    current: type[BaseModel] | None = model
    for part in place:
        if current is None:
            return None
        field = current.model_fields.get(str(part))
        if field is not None:
            current = _model_in(field.annotation)
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type is any object
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((part for part in found if part), None)
