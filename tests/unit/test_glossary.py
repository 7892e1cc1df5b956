"""The glossary, and that what people read keeps to it: words, placeholders and punctuation in each language."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from acp_acceptance.model.wording import wordings
from acp_acceptance.reporting import phrases
from acp_acceptance.requirements import listing, messages
from acp_acceptance.requirements.catalogue import LANGUAGES, Language, fields, load_catalogue

GLOSSARY = Path(__file__).parents[2] / "docs/glossary.md"
HAN = "\u4e00-\u9fff"
CYRILLIC = "[\u0400-\u04ff]"


class Row(NamedTuple):
    """One thing, its names, and by language the words that it is not called by."""

    names: tuple[str, ...]
    source: str
    refused: dict[str, tuple[str, ...]]


class Said(NamedTuple):
    """A text in all languages, and where it stands."""

    place: str
    texts: tuple[str, ...]


def rows() -> list[Row]:
    """Read the glossary's table."""
    lines = [line.strip("| ") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    found = []
    for line in lines[2:]:
        *names, source, refused = (cell.strip() for cell in line.split(" | "))
        words = dict(part.split(": ", 1) for part in refused.split("; "))
        found.append(Row(tuple(names), source, {key: tuple(text.split(", ")) for key, text in words.items()}))
    return found


def pattern(word: str, language: str) -> re.Pattern[str]:
    """What finds a refused word: at its own beginning, with any ending where it has a ``*``; in Chinese anywhere."""
    if language == "zh":
        return re.compile(re.escape(word))
    stems = re.escape(word).replace(r"\*", r"[\w-]*")
    return re.compile(rf"(?<![\w-]){stems}(?![\w-])", re.IGNORECASE)


def said() -> list[Said]:
    """All that the suite says to people; the sections of guides are cited as they are printed."""
    catalogue = load_catalogue()
    found = [Said(question.id, in_all(question.asks)) for question in catalogue.questions.values()]
    for item in catalogue.requirements.values():
        remedies = [item.remedy, *(one.remedy for one in item.unmet.values() if one.remedy)]
        texts = [item.title, item.why, item.asks, *(one.says for one in item.unmet.values())]
        found += [Said(item.id, in_all(text)) for text in [*texts, *(remedy.words for remedy in remedies)]]
    found += [Said(f"phrases: {name}", texts) for name, texts in vars(phrases)["_PHRASES"].items()]
    words = resources.files("acp_acceptance.reporting.signoff") / "words.yaml"
    found += [Said(f"wordings: {name}", tuple(texts[key] for key in LANGUAGES)) for name, texts in wordings().items()]
    found += [Said(f"words: {name}", tuple(texts)) for name, texts in yaml.safe_load(words.read_text("utf-8")).items()]
    problems = yaml.safe_load((resources.files("acp_acceptance.reporting") / "problems.yaml").read_text("utf-8"))
    for kind, parts in problems.items():
        found += [Said(f"problems: {kind}", tuple(texts)) for texts in parts.values()]
    frames = vars(messages)["_FRAMES"]
    found += [Said(f"frames: {name}", tuple(frames[key][name] for key in LANGUAGES)) for name in frames["en"]]
    for table in (vars(listing)["_QUESTIONS"], vars(listing)["_NOT_VERIFIED"]):
        found.append(Said(f"listing: {table['en']}", tuple(table[key] for key in LANGUAGES)))
    headings = vars(listing)["_HEADINGS"]
    columns = zip(*(headings[key] for key in LANGUAGES), strict=True)
    found += [Said(f"heading: {texts[0]}", texts) for texts in columns]
    return found


def in_all(text: object) -> tuple[str, ...]:
    """Give a text in all languages."""
    return tuple(str(getattr(text, language)) for language in LANGUAGES)


def prose(text: str) -> str:
    """Give a text without its placeholders, which are names of values and no words."""
    return re.sub(r"\{[^}]*\}", "", text)


ROWS = rows()
SAID = said()
REFUSED = [(language, word, row.names) for row in ROWS for language, words in row.refused.items() for word in words]


def test_the_glossary_names_each_thing_in_each_language_and_says_from_where() -> None:
    assert len(ROWS) > 40
    assert len(SAID) > 900
    for row in ROWS:
        assert len(row.names) == len(LANGUAGES), row
        assert all(row.names), row
        assert row.source, row
        assert row.refused.keys() <= set(LANGUAGES), row
    assert len({row.names[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.names[0])
def test_the_glossary_refuses_none_of_its_own_names(row: Row) -> None:
    for language, words in row.refused.items():
        name = row.names[LANGUAGES.index(language)]
        assert not [word for word in words if pattern(word, language).search(name)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_use_no_word_that_the_glossary_refuses(language: Language) -> None:
    refused = [(pattern(word, language), word, names) for its, word, names in REFUSED if its == language]
    assert refused
    place = LANGUAGES.index(language)
    wrong = [
        f'{item.place}: "{word}" in "{item.texts[place]}"; write {names[place]}'
        for item in SAID
        for find, word, names in refused
        if find.search(prose(item.texts[place]))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("language", "word", "text"),
    [
        ("ru", "управляющ* плоскост*", "Узлы управляющей плоскости"),
        ("ru", "нод*", "имя ноды"),
        ("ru", "Pod*", "3 Pods не готовы"),
        ("zh", "API 服务器", "该API 服务器未就绪"),
        ("en", "image repository", "The image repository's user"),
    ],
)
def test_a_refused_word_is_found_in_any_form(language: str, word: str, text: str) -> None:
    assert (language, word) in {(its, refused) for its, refused, _ in REFUSED}
    assert pattern(word, language).search(text)


def test_a_refused_word_is_not_found_within_another() -> None:
    assert not pattern("нод*", "ru").search("однодневный")
    assert not pattern("Pod*", "ru").search("kube-Pod")


def test_translations_have_the_same_placeholders() -> None:
    assert [item for item in SAID if len(item.texts) != len(LANGUAGES) or not all(item.texts)] == []
    assert [item for item in SAID if len({frozenset(fields(text)) for text in item.texts}) != 1] == []


def test_chinese_has_its_own_punctuation() -> None:
    half = re.compile(rf"[{HAN}”][,;:!?()]|[,;:!?()][{HAN}“]|[{HAN}] [{HAN}]| “|” ")
    texts = [(item.place, prose(item.texts[2])) for item in SAID]
    assert [found for found in texts if re.search(f"[{HAN}]", found[1]) and half.search(found[1])] == []


def test_russian_has_its_own_quotation_marks() -> None:
    assert [item for item in SAID if re.search(f'{CYRILLIC} "|" {CYRILLIC}', item.texts[1])] == []


def test_titles_and_reasons_are_sentences_in_all_languages() -> None:
    for requirement in load_catalogue().requirements.values():
        assert [text[-1] for text in in_all(requirement.why)] == [".", ".", "。"], requirement.id
        assert not [text for text in in_all(requirement.title) if text.endswith((".", "。"))], requirement.id
