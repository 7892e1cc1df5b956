"""The report as one HTML file: nothing is loaded from elsewhere, and what targets said is text."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from acp_acceptance.model.text import printable

if TYPE_CHECKING:
    from acp_acceptance.reporting.signoff.document import Document


def as_html(document: Document) -> str:
    """Lay a report out as HTML."""
    style, script = _file("report.css"), _file("report.js")
    return _template().render(
        doc=document,
        cover=document.cover,
        w=document.words,
        contents=_contents(document),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=inline_hash(style),
        script_hash=inline_hash(script),
    )


def _contents(document: Document) -> list[tuple[str, str]]:
    words = document.words
    parts = [("picture", document.picture.title), *((item.id, item.title) for item in document.lists)]
    for part, there in (
        ("waived", document.waived or document.waivers),
        ("not-run", document.not_run),
        ("not-applicable", document.not_applicable),
        ("trace", True),
        ("questions", document.questions),
        ("signatures", True),
    ):
        if there:
            parts.append((part, words(part)))
    return parts


@cache
def _template() -> jinja2.Template:
    # Autoescape for everything: the file's name tells jinja2 nothing.
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["printable"] = printable
    return environment.from_string(_file("report.html.j2"))


def _file(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def inline_hash(text: str) -> str:
    """Give the hash that a browser's content security policy allows an inline style or script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
