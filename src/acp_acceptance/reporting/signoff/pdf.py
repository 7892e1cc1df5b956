"""The report as PDF: laid out by Typst, which needs no program of the system and no network."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, cast

import typst

from acp_acceptance.model.text import printable
from acp_acceptance.reporting.signoff.document import Document
from acp_acceptance.reporting.signoff.fonts import find_fonts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from acp_acceptance.reporting.results import Results
    from acp_acceptance.reporting.signoff.parts import Finding, FindingList, Traced
    from acp_acceptance.reporting.signoff.words import Words
    from acp_acceptance.requirements.catalogue import Catalogue, Language

_SEEN, _WITNESSES, _NAMES = 12, 8, 60
_LONG_WORD = re.compile(r"[!-~]{24,}")
_BREAKS = re.compile(r"[/._:=,@-]|[0-9a-f]{16}")
_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff]")


def write_pdf(file: Path, results: Results, catalogue: Catalogue, language: Language, digest: str) -> None:
    """Lay a report out as PDF.

    Where the machine has no font for Chinese the PDF is in English, and says so on its cover.

    Args:
        file: where to.
        results: the record.
        catalogue: where its sentences are.
        language: of the report.
        digest: SHA-256 of the record's file; empty where there is none.

    Raises:
        OSError: the file cannot be written.
    """
    fonts = find_fonts()
    unable = language == "zh" and not fonts.chinese
    document = Document(results, catalogue, "en" if unable else language, digest)
    data = _data(document, digest)
    notices = [document.words("no-font")] if unable else []
    if not fonts.chinese and _HAN.search(json.dumps(data, ensure_ascii=False)):
        notices.append(document.words("no-glyphs"))
    data = _for_paper(document.words, data) | {"notices": notices, "fonts": asdict(fonts)}
    template = (resources.files(__package__) / "report.typ").read_bytes()
    pdf: Any = typst.compile(
        cast("Any", template), sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, font_paths=list(fonts.folders)
    )
    file.write_bytes(pdf)


def _data(document: Document, digest: str) -> dict[str, Any]:
    """Give the report as the template reads it, with long lists cut: paper is for people."""
    words = document.words
    waived = document.waived
    return {
        "language": document.language,
        "site": printable(document.results.site.name),
        "tool": f"acp-acceptance {document.results.run.tool}",
        "digest": digest[:16],
        "words": words.plain(),
        "cover": asdict(document.cover),
        "picture": asdict(document.picture),
        "lists": [_list(document, item) for item in document.lists],
        "waived": _list(document, waived) if waived else None,
        "waivers": [asdict(item) for item in document.waivers],
        "not_applicable": [asdict(item) for item in document.not_applicable],
        "not_run": [asdict(item) for item in document.not_run],
        "sections": [
            {"title": item.title, "requirements": [_traced(document, one) for one in item.requirements]}
            for item in document.sections
        ],
        "questions": document.questions,
        "accepts": document.accepts,
    }


def _list(document: Document, found: FindingList) -> dict[str, Any]:
    findings = [_finding(document, item) for item in found.findings]
    return {**asdict(replace(found, findings=())), "findings": findings}


def _finding(document: Document, finding: Finding) -> dict[str, Any]:
    cut = replace(finding, seen=finding.seen[:_SEEN])
    return {**asdict(cut), "more": _more(document, finding.seen, _SEEN)}


def _traced(document: Document, traced: Traced) -> dict[str, Any]:
    # What was seen of everything is in the HTML report; on paper it is named by how many, and the first ones.
    cut = replace(traced, witnesses=traced.witnesses[:_WITNESSES])
    return {**asdict(cut), "more": _more(document, traced.witnesses, _WITNESSES)}


def _more(document: Document, items: Sequence[object], shown: int) -> str:
    return document.words("left-out", count=len(items) - shown) if len(items) > shown else ""


def _for_paper(words: Words, data: Any) -> Any:  # noqa: ANN401 - any part of the report
    """Cut lists of names, and let long addresses, paths and digests be broken where people would break them."""
    if isinstance(data, str):
        return _LONG_WORD.sub(lambda word: _BREAKS.sub("\\g<0>\u200b", word[0]), data)
    if isinstance(data, dict):
        return {name: _for_paper(words, _cut(words, item) if name == "listed" else item) for name, item in data.items()}
    return [_for_paper(words, item) for item in data] if isinstance(data, (list, tuple)) else data


def _cut(words: Words, names: Sequence[str]) -> list[str]:
    more = len(names) - _NAMES
    return [*names[:_NAMES], words("names-left-out", count=more)] if more > 0 else list(names)
