"""Host ranges as Ansible has them: ``cp-[01:20].example``, ``cp-[a:f]``, ``cp-[1:9:2]``, several in one name."""

from __future__ import annotations

import re
import string

from acp_acceptance.inventory.addresses import checked_port, is_address
from acp_acceptance.inventory.wording import shown

MOST_HOSTS = 10_000
_RANGE = re.compile(r"\[([0-9A-Za-z]*):([0-9A-Za-z]*)(?::([0-9]+))?\]")


def has_range(pattern: str) -> bool:
    """Tell whether a name holds a range."""
    return _RANGE.search(pattern) is not None


def expanded(pattern: str) -> list[str]:
    """Give the names that a pattern stands for, in order; a name without a range stands for itself.

    Raises:
        ValueError: a range is none, or stands for too many hosts; the message says what to write.
    """
    names = [""]
    end = 0
    for found in _RANGE.finditer(pattern):
        values = _values(found)
        if len(names) * len(values) > MOST_HOSTS:
            raise ValueError(f"{shown(pattern)} stands for more than {MOST_HOSTS} hosts; write a shorter range")
        before = pattern[end : found.start()]
        names = [f"{name}{before}{value}" for name in names for value in values]
        end = found.end()
    return [name + pattern[end:] for name in names]


def _values(found: re.Match[str]) -> list[str]:
    begin, end, step_text = found[1] or "0", found[2], found[3] or "1"
    wrong = ValueError(
        f"{shown(found[0])} is no range of hosts; write one such as [01:20], [a:f] or [1:9:2], "
        "with as many digits at its end as at its beginning"
    )
    if len(step_text) > len(str(MOST_HOSTS)) or (step := int(step_text)) < 1:
        raise wrong
    if begin.isdigit() and end.isdigit():
        padded = len(begin) > 1 and begin.startswith("0")
        if (padded and len(begin) != len(end)) or max(len(begin), len(end)) > len(str(2**63)):
            raise wrong
        numbers = range(int(begin), int(end) + 1, step)
        if len(numbers) > MOST_HOSTS:
            raise ValueError(f"{shown(found[0])} stands for more than {MOST_HOSTS} hosts; write a shorter range")
        values = [str(number).zfill(len(begin) if padded else 0) for number in numbers]
    else:
        letters = string.ascii_letters
        if len(begin) != 1 or len(end) != 1 or begin not in letters or end not in letters:
            raise wrong
        values = list(letters[letters.index(begin) : letters.index(end) + 1 : step])
    if not values:
        raise wrong
    return values


def name_and_port(pattern: str) -> tuple[str, int | None]:
    """Split ``host:port`` and ``[IPv6]:port``, as Ansible does; an IPv6 address alone has no port.

    Raises:
        ValueError: what follows the colon is no port.
    """
    if bracketed := re.fullmatch(r"\[([^\]]*)\](?::(.*))?", pattern):
        if is_address(bracketed[1]):
            return bracketed[1], checked_port(bracketed[2]) if bracketed[2] is not None else None
        return pattern, None
    if is_address(pattern):
        return pattern, None
    outside = _RANGE.sub(lambda found: "-" * len(found[0]), pattern)
    if outside.count(":") == 1:
        colon = outside.index(":")
        return pattern[:colon], checked_port(pattern[colon + 1 :])
    return pattern, None
