"""Text that comes from targets, made safe to show: one line, no control characters, a bounded length."""

from __future__ import annotations

import ipaddress
import re
import unicodedata

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SPACES = re.compile(r"\s+")
_MAYBE_SECRET = re.compile(r"passw|secret|token|credential|api[_-]?key|://", re.IGNORECASE)
_SECRETS = (
    # name=value and name: value of anything that is called like a secret; user:secret@ in addresses
    re.compile(
        r"(?i)([\w.-]*(?:passw(?:or)?d|secret|token|credential|api[_-]?key)[\w.-]*\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;]+)"
    ),
    re.compile(r"(://[^/\s:@]+:)([^@\s/]+)(?=@)"),
)


def redacted(text: str) -> str:
    """Give ``text`` with the values of everything that is called like a secret taken out.

    >>> redacted("ks=http://me:hush@host/ks.cfg rd.password=x quiet")
    'ks=http://me:[redacted]@host/ks.cfg rd.password=[redacted] quiet'
    """
    if not _MAYBE_SECRET.search(text):
        # Nearly every text; looking for the whole of a secret takes ten times as long.
        return text
    for pattern in _SECRETS:
        text = pattern.sub(r"\1[redacted]", text)
    return text


def printable(text: str, *, limit: int = 500) -> str:
    r"""Give ``text`` as one printable line of at most ``limit`` characters, without secrets.

    White space is folded; control, formatting (also those that reverse the direction of writing) and unassigned
    characters become ``\x1b``-like escapes, so that hostile text is shown and does nothing.
    """
    folded = redacted(_SPACES.sub(" ", text[: limit * 4]).strip())
    if not folded.isprintable():
        folded = "".join(_escaped(character) if _invisible(character) else character for character in folded)
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def version_numbers(version: float | str) -> tuple[int, ...]:
    """Give the numbers of a version, for comparison; what follows a letter after them (``.el8``) does not count.

    >>> version_numbers("4.18.0-80.el8.x86_64") < version_numbers("4.18.0-372.9.1") < version_numbers("5.4")
    True
    """
    leading = re.match(r"[\d.\-+]*\d", str(version))
    return tuple(int(number) for number in re.findall(r"\d+", leading[0])) if leading else ()


def is_address(text: str) -> bool:
    """Tell an IP address, with or without brackets or a zone, from a name."""
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
