"""YAML as a tree of nodes that know their line.

Built from PyYAML's events by a composer of our own: PyYAML's composers recurse (the C one overflows the stack on deep
nesting), and let an alias stand inside of what it names. Here depth is bounded and a tree cannot contain itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml: slower, same events
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_DEEPEST = 64
_STANDARD_TAG = "tag:yaml.org,2002:"
_NULLS = {"", "~", "null", "Null", "NULL"}
_TEMPLATE_MARKS = ("{{", "{%")


@dataclass
class Scalar:
    """A single value, as it is written.

    Attributes:
        line: counted from 1.
        text: the value's text; no type is guessed from it.
        plain: written without quotes.
        tag: ``!vault`` and its like; empty for YAML's own.
    """

    line: int
    text: str
    plain: bool
    tag: str = ""

    @property
    def is_null(self) -> bool:
        """Whether no value is given."""
        return self.plain and self.text in _NULLS

    @property
    def is_template(self) -> bool:
        """Whether Jinja would have to make the value."""
        return any(mark in self.text for mark in _TEMPLATE_MARKS)


@dataclass
class Sequence:
    """A list of nodes."""

    line: int
    items: list[Node] = field(default_factory=list)
    tag: str = ""


@dataclass
class Mapping:
    """Pairs of nodes, in the file's order, duplicates among them."""

    line: int
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    tag: str = ""


Node = Scalar | Sequence | Mapping


class CompositionError(Exception):
    """The text is no YAML that can be used.

    Attributes:
        line: where, counted from 1.
    """

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(text)


def compose(text: str) -> Node | None:
    """Give the root of the one document that ``text`` holds; None where it holds none.

    Raises:
        CompositionError: it is no YAML, is nested too deeply, or holds several documents.
    """
    events = yaml.parse(text, _Loader)
    try:
        return _Composer().compose(events)
    except yaml.MarkedYAMLError as error:
        raise _in_our_words(error, text) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise CompositionError(line, "a control character stands here; remove it") from None


class _Composer:
    """Makes nodes of events, without recursion.

    Messages never repeat what the file says: a password may stand where YAML sees an alias or a tag.
    """

    def __init__(self) -> None:
        self._root: Node | None = None
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Sequence | Mapping, str | None]] = []
        self._keys: list[Node | None] = []

    def compose(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.ScalarEvent):
                self._place(Scalar(line, event.value, event.implicit[0], _own_tag(event.tag)), event.anchor)
            elif isinstance(event, yaml.MappingStartEvent):
                self._begin(Mapping(line, tag=_own_tag(event.tag)), event.anchor)
            elif isinstance(event, yaml.SequenceStartEvent):
                self._begin(Sequence(line, tag=_own_tag(event.tag)), event.anchor)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()
            elif isinstance(event, yaml.AliasEvent):
                self._place(self._named(event.anchor, line), None)
            elif isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                raise CompositionError(line, "a second document begins here (---); write one document in a file")
        return self._root

    def _begin(self, node: Sequence | Mapping, anchor: str | None) -> None:
        if len(self._open) >= _DEEPEST:
            raise CompositionError(node.line, f"nested more than {_DEEPEST} levels deep; no inventory needs that")
        self._open.append((node, anchor))
        self._keys.append(None)

    def _end(self) -> None:
        node, anchor = self._open.pop()
        self._keys.pop()
        self._place(node, anchor)

    def _place(self, node: Node, anchor: str | None) -> None:
        # Anchors are known from the end of what they name: an alias inside of it would make it endless.
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._root = node
            return
        parent, _ = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = node
        else:
            parent.pairs.append((key, node))
            self._keys[-1] = None

    def _named(self, anchor: str | None, line: int) -> Node:
        if anchor is None or anchor not in self._anchors:
            raise CompositionError(
                line, "an alias (*name) of which no anchor (&name) stands before it; quote the value if it is none"
            )
        return self._anchors[anchor]


def _own_tag(tag: str | None) -> str:
    return "" if tag is None or tag.startswith(_STANDARD_TAG) or tag == "!" else tag


_TAB = "a tab stands here; indent with spaces"
_ADVICE = {
    "tab": _TAB,
    "cannot start any token": "a character that YAML reserves (@, ` or %) begins a value here; quote the value",
    "mapping values are not allowed": "a colon where none can stand; indent the line as its neighbours, "
    "or quote a value that holds a colon",
    "end of stream": "a quote is opened here and never closed",
    "alphabetic or numeric": "a value that begins with * or & is quoted in YAML; write it in quotes",
    "unknown escape": 'a backslash in double quotes begins no escape; use single quotes, or "\\\\"',
    "expected '-' indicator": "a list begins before this line, and this line is no item of it; "
    "write - before it, or outdent it",
    "expected ',' or ']'": "a list in [brackets] is not closed; write ]",
    "expected ',' or '}'": "a mapping in {braces} is not closed; write }",
    "expected key": "the indentation differs from the lines before; use the same number of spaces",
    "could not find expected ':'": "a key without a colon; write key: value",
    "block end": "the indentation differs from the lines before; use the same number of spaces",
}


def _in_our_words(error: yaml.MarkedYAMLError, text: str) -> CompositionError:
    problem = str(error.problem or error.context or "")
    unclosed = "end of stream" in problem or "flow" in str(error.context)
    mark = error.context_mark if unclosed and error.context_mark else error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if re.match(r" *\t", "".join(text.splitlines()[line - 1 : line])):
        return CompositionError(line, _TAB)
    for words, advice in _ADVICE.items():
        if words in problem:
            return CompositionError(line, advice)
    return CompositionError(line, "this is no YAML; compare the line with its neighbours (indentation, colons, quotes)")
