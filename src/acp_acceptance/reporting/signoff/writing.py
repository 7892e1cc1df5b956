"""Writing the report's files beside the record."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from acp_acceptance.reporting.signoff.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from acp_acceptance.reporting.results import Results
    from acp_acceptance.requirements.catalogue import Catalogue, Language

FORMATS = ("html", "pdf")


def write_reports(  # noqa: PLR0913 - what, how and where to
    folder: Path,
    results: Results,
    catalogue: Catalogue,
    languages: Iterable[Language],
    *,
    formats: Sequence[str] = FORMATS,
    record: Path | None = None,
) -> list[Path]:
    """Write ``report.<language>.html`` and ``.pdf`` for each language.

    Args:
        folder: where to.
        results: the record.
        catalogue: where its sentences are.
        languages: of the reports.
        formats: which of ``html`` and ``pdf``.
        record: the file that the reports name the digest of; ``results.json`` in ``folder``, where there is one.

    Returns:
        What was written.

    Raises:
        OSError: a file cannot be written.
    """
    record = record or folder / "results.json"
    digest = hashlib.sha256(record.read_bytes()).hexdigest() if record.is_file() else ""
    written = []
    for language in languages:
        if "html" in formats:
            # Both are imported here: their libraries are large, and most uses of the suite lay nothing out.
            from acp_acceptance.reporting.signoff.html import as_html  # noqa: PLC0415 - as said

            html = folder / f"report.{language}.html"
            html.write_text(as_html(Document(results, catalogue, language, digest)), encoding="utf-8")
            written.append(html)
        if "pdf" in formats:
            from acp_acceptance.reporting.signoff.pdf import write_pdf  # noqa: PLC0415 - as said

            pdf = folder / f"report.{language}.pdf"
            write_pdf(pdf, results, catalogue, language, digest)
            written.append(pdf)
    return written
