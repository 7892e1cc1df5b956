"""The list of what a release requires, for people who plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.requirements.conditions import Truth, judge
from acp_acceptance.requirements.messages import Speaker
from acp_acceptance.requirements.values import NoValueError, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acp_acceptance.requirements.catalogue import Catalogue, Language, Requirement

_HEADINGS = {
    "en": ("Requirement", "Severity", "What", "Required", "Source"),
    "ru": ("Требование", "Важность", "Что проверяется", "Требуется", "Источник"),
    "zh": ("要求项", "级别", "检查内容", "要求", "来源"),
}
_QUESTIONS = {
    "en": "Not measurable: questions to the people who sign",
    "ru": "Нельзя измерить: вопросы к подписывающим",
    "zh": "无法测量：由签字人确认的问题",
}
_NOT_VERIFIED = {
    "en": "{title} (not verified: values of 4.2)",
    "ru": "{title} (не подтверждено: значения 4.2)",
    "zh": "{title}（未经核实：采用 4.2 的数值）",
}
_SEVERITIES = {
    "en": {"required": "required", "advised": "advised"},
    "ru": {"required": "обязательное", "advised": "рекомендуемое"},
    "zh": {"required": "必需", "advised": "建议"},
}


class _Undecided(dict[str, "Callable[[], Any]"]):
    """Dimensions of a target of which only release and, where asked for, the role are known."""

    def __init__(self, **known: object) -> None:
        super().__init__({name: partial(known.__getitem__, name) for name in known})

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Callable[[], Any]:
        def ask() -> Any:  # noqa: ANN401 - never returns
            raise CollectionError(f"depends on {name}", kind="unclear")

        return ask


class RequirementList:
    """What a release requires.

    Args:
        catalogue: all requirements.
        release: the release.
        language: of the texts.
        stage: only this one.
        role: only what a node of this role owes.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        release: str,
        language: Language,
        *,
        stage: str | None = None,
        role: str | None = None,
    ) -> None:
        self._catalogue = catalogue
        self._release = catalogue.releases[release]
        self._language = language
        self._stage = stage
        self._known: dict[str, object] = {"release": release}
        if role:
            self._known["role"] = frozenset({role})
        self._speaker = Speaker(catalogue, release, language)

    @property
    def title(self) -> str:
        """What the list is of."""
        title = f"ACP {self._release.release}"
        return title if self._release.verified else _NOT_VERIFIED[self._language].format(title=title)

    @property
    def questions_title(self) -> str:
        """What the questions are."""
        return _QUESTIONS[self._language]

    @property
    def columns(self) -> tuple[str, ...]:
        """Headings of the columns."""
        return _HEADINGS[self._language]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Give a row of texts for each requirement."""
        for requirement in self._owed():
            yield (
                requirement.id,
                _SEVERITIES[self._language][requirement.severity],
                requirement.title.in_language(self._language),
                self._asked(requirement),
                self._speaker.source(requirement),
            )

    def questions(self) -> list[str]:
        """Give the questions that people answer, in one language; a single node owes none of them."""
        asked = (item for item in self._catalogue.asked_by(self._release.release) if self._stage in {None, item.stage})
        if "role" in self._known:
            return []
        return [f"{item.id}: {self._speaker.question(item, self._release.questions[item.id])}" for item in asked]

    def as_documents(self) -> list[dict[str, Any]]:
        """Give each requirement whole, for programs."""
        return [
            {**requirement.model_dump(mode="json"), "values": self._release.requirements[requirement.id]}
            for requirement in self._owed()
        ]

    def as_markdown(self) -> str:
        """Give the list as a Markdown table."""
        lines = [f"## {self.title}", "", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += map(_row, self.rows())
        questions = self.questions()
        if questions:
            lines += ["", f"### {self.questions_title}", "", *(f"- [ ] {question}" for question in questions)]
        return "\n".join(lines)

    def _owed(self) -> Iterator[Requirement]:
        for requirement in self._catalogue.owed_by(self._release.release):
            applies = judge(requirement.when, _Undecided(**self._known)).truth is not Truth.FAILS
            of_role = "role" not in self._known or requirement.target == "node"
            if applies and of_role and self._stage in {None, requirement.stage} and self._has_values(requirement):
                yield requirement

    def _has_values(self, requirement: Requirement) -> bool:
        try:
            choose(self._release.requirements[requirement.id], _Undecided(**self._known))
        except NoValueError:
            return False
        except CollectionError:
            return True
        return True

    def _asked(self, requirement: Requirement) -> str:
        """Say what is required; where that depends on the target, say all there is."""
        values = self._release.requirements[requirement.id]
        return self._speaker.asked(requirement, {name: self._all_values(value) for name, value in values.items()})

    def _all_values(self, value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        """Give a constant as it is, and of rules every value they can still give (``8 / 12 / 16``)."""
        rules = value.get("rules") or value.get("union") if isinstance(value, dict) else None
        if rules is None:
            return value
        known = _Undecided(**self._known)
        found = [rule["value"] for rule in rules if judge(rule.get("when", {}), known).truth is not Truth.FAILS]
        if "union" in value:
            return list(dict.fromkeys(entry for item in found for entry in item))
        if found and all(isinstance(item, dict) for item in found):
            return {key: " / ".join(dict.fromkeys(str(item[key]) for item in found)) for key in found[0]}
        return " / ".join(dict.fromkeys(map(str, found)))


def _row(cells: Any) -> str:  # noqa: ANN401 - any strings
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
