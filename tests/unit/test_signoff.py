"""The sign-off report: what it says, in each language, on a page and on paper."""

from __future__ import annotations

import hashlib
import string
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from acp_acceptance.reporting.phrases import phrase
from acp_acceptance.reporting.results import Finding, NextStep, Outcome
from acp_acceptance.reporting.signoff import Document, pdf, write_reports
from acp_acceptance.reporting.signoff.fonts import Fonts, find_fonts
from acp_acceptance.reporting.signoff.words import Words
from acp_acceptance.requirements import load_catalogue
from acp_acceptance.requirements.catalogue import LANGUAGES
from benchmarks.reports.record import large_record
from signoffs import SWAP, Page, page, paper_text, record, rich_record, swap_on, verdict
from suite import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WORDS: dict[str, list[str]] = yaml.safe_load(
    (ROOT / "src/acp_acceptance/reporting/signoff/words.yaml").read_text(encoding="utf-8")
)
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(1)>'\"\x1b[31m #set page(width: 1pt) $x$ \u202e"


def text_of(results: Any, language: Any = "en") -> str:
    return Page(page(results, language)).text


# --- what it says


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["NOT ACCEPTED", "Customer АО «Пример»", "Contract ACP-17/2026", "Run by ivan on laptop", "allowed by Olga N.", "2026-11-22 00:30:00 to 00:31:05 (UTC+03:00)", "UTC 2026-11-21 21:30:00 to 21:31:05", "Multi-cluster", "global: https://192.0.2.10:6443, Kubernetes v1.33.4, nodes: 3"]),
        ("ru", ["НЕ ПРИНЯТО", "Заказчик АО «Пример»", "Договор ACP-17/2026", "Выполнил ivan на laptop", "Местное время 2026-11-22 00:30:00 – 00:31:05 (UTC+03:00)", "Обязательных проверок не пройдено: 1, не измерено: 1."]),
        ("zh", ["未通过验收", "客户 АО «Пример»", "合同 ACP-17/2026", "执行人 ivan（laptop）", "必需检查中，1 项未通过，1 项无法测量。"]),
    ],
)  # fmt: skip
def test_the_cover_says_who_what_when_and_what_came_of_it(language: Any, says: list[str]) -> None:
    text = text_of(rich_record(), language)
    assert [line for line in says if line not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_failure_is_told_whole_before_anything_that_is_well(language: Any) -> None:
    text = text_of(rich_record(), language)
    requirement = load_catalogue().requirements[SWAP]
    told = [
        phrase("required-failed", language),
        requirement.title.in_language(language),
        requirement.why.in_language(language),
        load_catalogue().releases["4.2"].sections[requirement.source].in_language(language),
        "swapoff -a",
        Words(language)("waived"),
        "olga",
        Words(language)("not-applicable"),
        Words(language)("trace"),
        Words(language)("questions"),
        Words(language)("signatures"),
    ]
    # The contents name the parts before; what counts is the order of the parts themselves.
    rest = text[text.index(Words(language)("legend-none")) :]
    places = [rest.find(item) for item in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)


def test_targets_of_which_the_same_is_said_are_told_together_and_each_is_named() -> None:
    failed = [swap_on(f"node-{number}") for number in range(17)]
    other = [swap_on("node-x", "/dev/sdb")]
    well = [verdict(f"well-{number}") for number in range(180)]
    text = text_of(record([*failed, *other, *well]))
    assert text.count("swap is on: /dev/dm-1") == 2  # as a finding, and in the trace
    assert "17 nodes, all the same node-0, node-1, node-2" in text
    assert "180 nodes, all the same" in text
    assert "node-16" in text


def test_requirements_that_one_thing_keeps_from_being_measured_are_told_together() -> None:
    ids = ["preflight.network.resolv-conf", "preflight.network.search-domains"]
    text = text_of(record([verdict("a", Outcome.BROKEN, name, reason="I/O error") for name in ids]))
    findings = text[text.index("Required, could not be measured (2)") : text.index("Every section of the guide")]
    assert findings.count("I/O error") == 1


def test_each_requirement_is_traced_from_its_section_to_what_was_seen_on_each_target() -> None:
    text = text_of(record([verdict("a", evidence={"devices": ["x", None]}), verdict("b"), swap_on("c")]))
    trace = text[text.index("Every section of the guide") :]
    assert "Node Preprocessing: OS and kernel Swap is off" in trace
    assert "1 failed, 2 passed" in trace or "2 passed, 1 failed" in trace
    assert "devices: x, -" in trace


@pytest.mark.parametrize(
    ("results", "signing"),
    [
        (record([verdict()]), "accept the result"),
        (record([swap_on()]), "not that the site is accepted"),
        (record([verdict()], partial=["1 of 2 targets"]), "not that the site is accepted"),
        (record([]), "not that the site is accepted"),
    ],
)
def test_only_an_accepted_site_is_accepted_by_signing(results: Any, signing: str) -> None:
    text = text_of(results)
    assert signing in text
    for line in ("For the customer", "For the contractor", "Signature", "Date"):
        assert line in text


def test_why_a_run_is_partial_is_said_in_the_reports_language() -> None:
    reasons = ["3 of 7 targets", "5 checks of the chosen targets were not run", "something newer"]
    text = text_of(record([verdict()], partial=reasons), "zh")
    assert "7 个对象中的 3 个" in text
    assert "所选对象有 5 项检查未执行" in text
    assert "something newer" in text


def test_what_the_inventory_does_not_say_is_shown_as_that() -> None:
    text = text_of(record([verdict()], site={"customer": None, "contract": None}))
    assert text.count("Not stated in the inventory") == 2


def test_waivers_that_covered_nothing_are_shown_too() -> None:
    text = text_of(rich_record())
    assert "next window olga 2026-12-31 in force" in text
    assert "2026-01-01 expired" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "results",
    [
        record([verdict("a", Outcome.FAILED, "preflight.kernel.of-a-newer-suite", message="a: as recorded")]),
        record([verdict("a", Outcome.FAILED, findings=[Finding(sentence="newer", observed={})], message="a: as recorded")]),
        record([verdict("a", Outcome.FAILED, findings=[Finding(sentence="in_use", observed={})], message="a: as recorded")], site={"release": "9.9"}),
        record([verdict("a", Outcome.FAILED, "own.py::test_x", own=True, reason="a: as recorded")]),
        record([verdict("a", Outcome.BROKEN, "dr.newer.thing", reason="a: as recorded", kind="side")]),
    ],
)  # fmt: skip
def test_what_the_catalogue_does_not_know_is_said_as_it_was_recorded(results: Any, language: Any) -> None:
    assert "a: as recorded" in text_of(results, language)


def test_the_next_step_of_a_failover_stands_on_the_cover() -> None:
    step = NextStep(requirement=SWAP, message="as recorded")
    assert "Next step: Swap is off: switch swap off: swapoff -a" in text_of(record([swap_on()], next_step=step))
    assert "Next step: as recorded" in text_of(record([verdict()], next_step=step))


# --- what a page may do


def hostile_record() -> Any:
    return record(
        [
            swap_on(HOSTILE, HOSTILE),
            verdict(HOSTILE, evidence={HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]}, requirement="preflight.kernel.selinux"),
            verdict("b", Outcome.BROKEN, "preflight.network.resolv-conf", reason=HOSTILE),
            verdict("b", Outcome.NOT_APPLICABLE, "preflight.software.lvm2", reason=HOSTILE),
            verdict("b", Outcome.FAILED, HOSTILE, own=True, reason=HOSTILE),
        ],
        partial=[HOSTILE],
        site={"name": HOSTILE, "customer": HOSTILE, "contract": HOSTILE},
        run={"user": HOSTILE, "active": True, "active_allowed_by": HOSTILE},
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_targets_say_is_text(language: Any) -> None:
    elements = Page(page(hostile_record(), language)).elements
    assert sum(tag == "script" for tag, _ in elements) == 1
    assert {tag for tag, _ in elements} & {"img", "iframe", "object", "embed", "link", "form"} == set()
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
    source = page(hostile_record(), language)
    assert "\x1b" not in source
    assert "\u202e" not in source


def test_nothing_is_loaded_from_elsewhere_and_only_our_own_script_runs() -> None:
    source = page(rich_record())
    elements = Page(source).elements
    assert not any("src" in attributes for _, attributes in elements)
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in elements)
    assert "url(" not in source
    (policy,) = [item["content"] for tag, item in elements if item.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_every_link_within_the_page_has_its_place() -> None:
    elements = Page(page(rich_record())).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    linked = {(attributes.get("href") or "")[1:] for tag, attributes in elements if tag == "a"}
    assert linked <= set(ids)


def test_the_report_of_a_large_site_is_small() -> None:
    assert len(page(large_record(200, 60), "ru").encode()) < 2 * 10**6


# --- on paper


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_says_what_the_page_says(tmp_path: Path, language: Any) -> None:
    results = rich_record()
    (tmp_path / "results.json").write_text(results.model_dump_json(by_alias=True))
    (file,) = write_reports(tmp_path, results, load_catalogue(), [language], formats=["pdf"])
    text, words = paper_text(file), Words(language)
    wanted = ["АО «Пример»", "ACP-17/2026", "ivan", "swapoff -a", "192.0.2.10:6443", "olga", "Input/output error"]
    wanted += [words(name) for name in ("title", "not-applicable", "signatures", "party-customer")]
    wanted += [phrase("required-failed", language)]
    wanted += [load_catalogue().requirements[SWAP].title.in_language(language)]
    wanted += [hashlib.sha256((tmp_path / "results.json").read_bytes()).hexdigest()[:16]]
    # Glyphs of a PDF stand where the layout put them, so spaces between ideographs are not the text's.
    squeezed = text.replace(" ", "")
    assert [item for item in wanted if item.replace(" ", "") not in squeezed] == []


def test_paper_takes_what_targets_say_as_text(tmp_path: Path) -> None:
    (file,) = write_reports(tmp_path, hostile_record(), load_catalogue(), ["en"], formats=["pdf"])
    text = paper_text(file).replace(" ", "")
    assert "#setpage(width:1pt)" in text
    assert "<script>alert(1)</script>" in text


def test_without_a_chinese_font_the_paper_is_in_english_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Fonts((), ("Libertinus Serif",), ("Libertinus Serif",), ("DejaVu Sans Mono",), chinese=False)
    monkeypatch.setattr(pdf, "find_fonts", lambda: bare)
    (file,) = write_reports(tmp_path, record([swap_on()]), load_catalogue(), ["zh"], formats=["pdf"])
    text = paper_text(file)
    assert "No font with Chinese characters was found on this machine" in text
    assert "Swap is off" in text


def test_fonts_are_looked_for_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACP_FONTS", str(tmp_path))
    assert str(tmp_path) in find_fonts().folders
    monkeypatch.setenv("ACP_FONTS", str(tmp_path / "none"))
    assert str(tmp_path / "none") not in find_fonts().folders


def test_long_lists_are_cut_on_paper_and_say_where_the_rest_is(tmp_path: Path) -> None:
    verdicts = [swap_on(f"node-{number}", f"/dev/sd{number}") for number in range(40)]
    (file,) = write_reports(tmp_path, record(verdicts), load_catalogue(), ["en"], formats=["pdf"])
    assert "and 28 more groups: all of them are in the HTML report and in results.json" in paper_text(file)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "and 30 more: all"), ("ru", "и ещё 30: все"), ("zh", "另有 30 个")]
)
def test_long_lists_of_names_are_cut_on_paper_and_say_how_many_are_left(
    tmp_path: Path, language: Any, said: str
) -> None:
    verdicts = [swap_on(f"node-{number}") for number in range(90)]
    (file,) = write_reports(tmp_path, record(verdicts), load_catalogue(), [language], formats=["pdf"])
    text = paper_text(file)
    assert "node-59" in text
    assert "node-60" not in text
    assert said.replace(" ", "") in text.replace(" ", "")
    assert "results.json" in text


def test_paper_names_the_targets_of_what_was_left_out(tmp_path: Path) -> None:
    left = [verdict(f"node-{number}", Outcome.NOT_APPLICABLE, reason="nodes is 1") for number in range(5)]
    (file,) = write_reports(tmp_path, record([*left, verdict("cp-1")]), load_catalogue(), ["en"], formats=["pdf"])
    assert "node-0, node-1, node-2, node-3, node-4" in paper_text(file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_evidence_says_how_much_of_it_is_left_out(language: Any) -> None:
    document = Document(record([verdict(evidence={"found": "x" * 1000})]), load_catalogue(), language)
    ((witness,),) = (one.witnesses for one in document.sections[0].requirements)
    assert witness.evidence == Words(language)("text-left-out", shown="found: " + "x" * 393, count=607)
    assert "results.json" in witness.evidence


# --- words


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", WORDS)
def test_every_word_is_in_every_language(name: str) -> None:
    texts = WORDS[name]
    assert len(texts) == len(LANGUAGES)
    assert all(texts)
    assert len({frozenset(names_in(text)) for text in texts}) == 1


def test_every_area_and_every_condition_has_a_word() -> None:
    requirements = load_catalogue().requirements.values()
    assert [item.area for item in requirements if f"area-{item.area}" not in WORDS] == []
    conditions = {name for item in requirements for name in item.when} - {"any", "active"}
    assert sorted(name for name in conditions if f"dimension-{name}" not in WORDS) == []


def test_why_something_was_not_applicable_is_said_in_the_reports_language() -> None:
    assert (
        Words("ru").reason("recovery_pair is False; os is ubuntu") == "пара аварийного восстановления: нет; ОС: ubuntu"
    )
    assert Words("zh").reason("ACP 4.2 asks nothing here: role is worker") == "ACP 4.2 在此无要求：角色：工作节点"
    assert Words("ru").reason("role is control_plane, worker") == "роль: плоскость управления, рабочий узел"
    assert Words("zh").reason("phase is readiness") == "阶段：就绪检查"
    assert Words("en").reason("something of a newer suite") == "something of a newer suite"
