"""A file that people write, read into nodes, with all its problems noted by line and key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.inventory.wording import safe
from acp_acceptance.inventory.yaml_nodes import CompositionError, Mapping, Node, Scalar, Sequence, compose

if TYPE_CHECKING:
    from pathlib import Path

    from acp_acceptance.inventory.errors import Problems

LARGEST_FILE = 8 * 2**20
_MOST_MERGED_KEYS = 1_000_000
_LARGEST_BLOCK = 10_000
_DEEPEST_BLOCK = 20

_TEMPLATE = "a template needs Ansible, and static files are read without it; write the value itself"
_VAULT = "an Ansible Vault value needs Ansible, and static files are read without it; write the value itself"
_TAG = "a YAML tag (!name) stands here; write the value without it, in quotes if it begins with !"

Data = str | list["Data"] | dict[str, "Data"] | None
"""What a block of a file holds; values stay text, since only the model knows what 4.10 or 08 is."""

Lines = dict[tuple[str | int, ...], int]
"""The line of each place in a block, by the keys and indexes that lead to it."""


@dataclass(frozen=True)
class Entry:
    """A key of a mapping: the line it stands on, and its value."""

    line: int
    value: Node


def read_text(path: Path, problems: Problems) -> str:
    """Read a file that people write.

    Raises:
        InputFileError: it cannot be read, is too large, is encrypted, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        problems.stop(None, "", f"cannot be read: {error.strerror or error}")
    if len(content) > LARGEST_FILE:
        problems.stop(None, "", f"is larger than {LARGEST_FILE // 2**20} MiB; is it the right file?")
    if content.startswith(b"$ANSIBLE_VAULT"):
        problems.stop(1, "", "the whole file is encrypted; write a static file without secrets, or decrypt it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.stop(line, "", "is no UTF-8 text; save the file as UTF-8")


def parse_document(text: str, problems: Problems) -> Node | None:
    """Make nodes of a YAML text; None where it is empty.

    Raises:
        InputFileError: it is no YAML that can be used.
    """
    try:
        return compose(text)
    except CompositionError as error:
        problems.stop(error.line, "", str(error))


class Block:
    """Reads mappings and values of one document, merge keys (``<<``) included.

    The methods note what is wrong and give back what is left, so that reading goes on.
    """

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self._read: dict[int, tuple[Mapping, dict[str, Entry]]] = {}
        self._merged = 0
        self._merge_depth = 0

    def entries(self, node: Node, key: str) -> dict[str, Entry]:
        """Give a mapping's entries by key; none for a node that is null, or is no mapping (a problem)."""
        if isinstance(node, Scalar) and node.is_null:
            return {}
        if not isinstance(node, Mapping):
            self.problems.add(node.line, key, f"{kind_of(node)} stands here; write a mapping (key: value)")
            return {}
        # Anchors put one mapping in many places: it is read once.
        if id(node) not in self._read:
            self._read[id(node)] = (node, self._flattened(node, key))
        return self._read[id(node)][1]

    def _flattened(self, node: Mapping, key: str) -> dict[str, Entry]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for name, value in node.pairs:
            if not isinstance(name, Scalar):
                self.problems.add(name.line, key, f"{kind_of(name)} is used as a key; write a name")
            elif name.text == "<<" and name.plain:
                merged = self._merge(value, key) | merged
            elif name.text in own:
                first = own[name.text].line
                self.problems.add(
                    name.line, joined(key, name.text), f"stands twice, the first time on line {first}; keep one"
                )
            else:
                own[name.text] = Entry(name.line, value)
        return merged | own

    def _merge(self, value: Node, key: str) -> dict[str, Entry]:
        sources = value.items if isinstance(value, Sequence) else [value]
        merged: dict[str, Entry] = {}
        self._merge_depth += 1
        for source in {id(source): source for source in sources}.values():
            if self._merge_depth > _DEEPEST_BLOCK or self._merged > _MOST_MERGED_KEYS:
                self.problems.stop(
                    value.line, key, "merge keys (<<) multiply this file; write the values where they belong"
                )
            entries = self.entries(source, joined(key, "<<"))
            self._merged += len(entries) + len(merged)
            merged = entries | merged  # of several sources, the first wins
        self._merge_depth -= 1
        return merged

    def data(self, node: Node, key: str) -> tuple[Data, Lines]:
        """Give a whole block as data, with the line of each place in it."""
        lines: Lines = {}
        return self._data(node, key, (), lines), lines

    def _data(self, node: Node, key: str, place: tuple[str | int, ...], lines: Lines) -> Data:
        lines.setdefault(place, node.line)
        if len(lines) > _LARGEST_BLOCK or len(place) > _DEEPEST_BLOCK:
            self.problems.stop(node.line, key, "too large or too deeply nested; aliases may multiply it")
        if isinstance(node, Scalar):
            return self.text(node, key)
        if node.tag:
            self.problems.add(node.line, key, _TAG)
        if isinstance(node, Sequence):
            return [self._data(item, f"{key}[{at}]", (*place, at), lines) for at, item in enumerate(node.items)]
        values: dict[str, Data] = {}
        for name, entry in self.entries(node, key).items():
            below = (*place, name)
            lines[below] = entry.line
            values[name] = self._data(entry.value, joined(key, name), below, lines)
        return values

    def text(self, node: Scalar, key: str) -> str | None:
        """Give a value's text; None where it is null, or where only Ansible could tell it (a problem)."""
        if node.is_null and not node.tag:
            return None
        if wrong := needs_ansible(node):
            self.problems.add(node.line, key, wrong)
            return None
        return node.text


def needs_ansible(node: Scalar) -> str:
    """Say why only Ansible, or another program, could tell a value; empty where the value is as it is written."""
    if is_vault(node):
        return _VAULT
    if node.tag:
        return _TAG
    return _TEMPLATE if node.is_template else ""


def is_vault(node: Node) -> bool:
    """Tell whether a value is encrypted by Ansible Vault."""
    return node.tag.startswith("!vault")


def kind_of(node: Node) -> str:
    """Name what a node is, for a message."""
    return {Scalar: "a single value", Sequence: "a list", Mapping: "a mapping"}[type(node)]


def joined(key: str, name: str) -> str:
    """Give the path of a key below another."""
    return f"{key}.{safe(name)}" if key else safe(name)
