"""Records for tests of reports, and the pages and papers that are made of them."""

from __future__ import annotations

import html.parser
from typing import TYPE_CHECKING, Any

import pypdfium2

from acp_acceptance.reporting.results import (
    AskedQuestion,
    Finding,
    JudgedCluster,
    Outcome,
    RecordedWaiver,
    Results,
    Run,
    Scope,
    Site,
    Verdict,
    counts,
    sign_off,
)
from acp_acceptance.reporting.signoff import Document
from acp_acceptance.reporting.signoff.html import as_html
from acp_acceptance.requirements import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from acp_acceptance.requirements.catalogue import Language

SWAP = "preflight.kernel.swap"


def verdict(target: str = "cp-1", outcome: Outcome = Outcome.PASSED, requirement: str = SWAP, **more: Any) -> Verdict:
    """Give a verdict on a node."""
    return Verdict(
        **{
            "requirement": requirement,
            "kind": "node",
            "target": target,
            "severity": "required",
            "outcome": outcome,
            "evidence": {"devices": []},
            **more,
        }
    )


def swap_on(target: str = "cp-1", device: str = "/dev/dm-1", **more: Any) -> Verdict:
    """Give a failure."""
    findings = [Finding(sentence="in_use", observed={"devices": [device]})]
    return verdict(target, more.pop("outcome", Outcome.FAILED), findings=findings, **more)


def record(verdicts: Iterable[Verdict], *, partial: Iterable[str] = (), **more: Any) -> Results:
    """Give a record of these verdicts."""
    verdicts = list(verdicts)
    scope = Scope(stages=["preflight"], targets=1, judged_targets=1, partial=list(partial))
    run: dict[str, Any] = {
        "started": "2026-11-21T21:30:00+00:00",
        "started_local": "2026-11-22T00:30:00+03:00",
        "finished": "2026-11-21T21:31:05+00:00",
        "user": "ivan",
        "runner": "laptop",
        "tool": "0.1.0",
        "offline": False,
        "snapshot_taken": "2026-11-21T21:30:00+00:00",
        **more.pop("run", {}),
    }
    site: dict[str, Any] = {
        "name": "moscow",
        "release": "4.2",
        "release_verified": True,
        "topology": "multi_cluster",
        "customer": "АО «Пример»",
        "contract": "ACP-17/2026",
        **more.pop("site", {}),
    }
    return Results(
        verdict=sign_off(verdicts, scope, crashed=False),
        run=Run(**run),
        site=Site(**site),
        scope=scope,
        counts=counts(verdicts),
        verdicts=verdicts,
        **more,
    )


def rich_record() -> Results:
    """Give a record that has every part a report can have."""
    unread = {"reason": "resolver: Input/output error", "problem": "unreadable"}
    broken = verdict("cp-2", Outcome.BROKEN, "preflight.network.resolv-conf", **unread)
    verdicts = [
        *(verdict(f"worker-{number}") for number in range(1, 18)),
        swap_on("cp-1"),
        broken,
        swap_on("cp-3", outcome=Outcome.WAIVED),
        verdict("cp-2", Outcome.NOT_APPLICABLE, "preflight.software.lvm2", reason="storage is none"),
        verdict("cp-3", Outcome.NOT_RUN, "preflight.kernel.selinux", reason="the run was interrupted"),
    ]
    waivers = [
        RecordedWaiver(
            requirement=SWAP, targets="cp-3", reason="next window", owner="olga", expires="2026-12-31",
            state="used", covers=["cp-3"],
        ),
        RecordedWaiver(
            requirement="preflight.kernel.selinux", targets="*", reason="-", owner="olga", expires="2026-01-01",
            state="expired",
        ),
    ]  # fmt: skip
    return record(
        verdicts,
        waivers=waivers,
        questions=[AskedQuestion(id="preflight.network.protocol-fixed", text="?")],
        clusters=[JudgedCluster(name="global", server="https://192.0.2.10:6443", version="v1.33.4", nodes=3)],
        run={"active": True, "active_allowed_by": "Olga N."},
    )


def page(results: Results, language: Language = "en", digest: str = "") -> str:
    """Give a record's HTML report."""
    return as_html(Document(results, load_catalogue(), language, digest))


class Page(html.parser.HTMLParser):
    """What a browser makes of a page: its elements with their attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self.elements and self.elements[-1][0] not in {"style", "script"}:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        """All text, with single spaces."""
        return " ".join(" ".join(self.pieces).split())


def paper_text(file: Path) -> str:
    """Give the text of a PDF, as a reader selects it."""
    with pypdfium2.PdfDocument(file) as pdf:
        pages = [pdf[number].get_textpage().get_text_bounded() for number in range(len(pdf))]
    # Where a long word may be broken there is a mark without width.
    return " ".join(" ".join(pages).replace("\u200b", "").replace("\ufffe", "").split())
