"""The catalogue: every requirement as data, and the values each ACP release gives it.

``catalogue/<stage>/<area>.yaml`` holds requirements, ``releases/<release>.yaml`` what a release asks: the requirements
it owes with their values, and how its guide names the sections they come from. A new ACP release is a new file there.
What it asks of a disaster recovery pair stands in ``releases/dr/<release>.yaml``.
"""

from __future__ import annotations

import string
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

Language = Literal["en", "ru", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "zh")
_PARTS = ("sections", "requirements", "questions")
STAGES = ("preflight", "postinstall", "dr")


class CatalogueError(Exception):
    """The catalogue's data is wrong; the message names the file and what is wrong."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


_DataT = TypeVar("_DataT", bound=_Data)


class Text(_Data):
    """A text in the languages of the reports. Sentences may hold ``{names}`` of values."""

    en: str
    ru: str
    zh: str

    def in_language(self, language: Language) -> str:
        """Give the text in one language."""
        return str(getattr(self, language))

    @model_validator(mode="after")
    def _same_names(self) -> Text:
        if not fields(self.en) == fields(self.ru) == fields(self.zh):
            raise ValueError(f"the translations of {self.en!r} use other {{names}}")
        return self


def fields(template: str) -> set[str]:
    """Give the names of values that a sentence uses."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


class Remedy(_Data):
    """What mends a failure.

    Attributes:
        words: what to do, for people.
        commands: shell commands for the target where commands can mend it; may use ``{names}`` of values.
    """

    words: Text
    commands: tuple[str, ...] = ()


class Sentence(_Data):
    """One way in which a requirement can be unmet.

    Attributes:
        says: what was observed.
        remedy: the next step, where it is not the requirement's own.
    """

    says: Text
    remedy: Remedy | None = None


class Requirement(_Data):
    """One requirement.

    Attributes:
        id: stage, area and name (``preflight.kernel.swap``); an advised twin ends in ``-advised``.
        severity: ``required`` (a failure blocks the sign-off) or ``advised`` (it is shown).
        target: kind of target that owes it.
        source: key of the guide's section in the release's file.
        when: condition under which it applies; see :mod:`acp_acceptance.requirements.conditions`.
        also_installed: before an installation, it is also asked of nodes and clusters that are installed already (those
            that new nodes join, the primary when a standby is installed).
        waivable: a waiver may cover a failure.
        waivable_unmeasured: a waiver may also cover that it could not be measured.
        title: what is checked, in a few words.
        why: what goes wrong without it.
        asks: what is required; may use ``{names}`` of the release's values.
        unmet: sentences for what can be observed instead, by name.
        remedy: the next step.
    """

    id: str = Field(pattern=r"^[a-z]+(\.[a-z0-9-]+){2}$")
    severity: Literal["required", "advised"]
    target: Literal[
        "node",
        "cluster",
        "site",
        "apprelease",
        "namespace",
        # Seen from outside.
        "web-endpoint",
        "registry-endpoint",
        "balanced-endpoint",
        "api-endpoint",
        "certificate",
        # Gathered of listed objects.
        "workload",
        "platform-node",
        "resource",
        # One cluster of a disaster recovery pair, and both together.
        "side",
        "pair",
    ]
    source: str
    when: dict[str, Any] = {}
    also_installed: bool = False
    waivable: bool = True
    waivable_unmeasured: bool = False
    title: Text
    why: Text
    asks: Text
    unmet: dict[str, Sentence] = Field(min_length=1)
    remedy: Remedy

    @property
    def stage(self) -> str:
        """The stage it belongs to."""
        return self.id.split(".")[0]

    @property
    def area(self) -> str:
        """The area within its stage."""
        return self.id.split(".")[1]


class Question(_Data):
    """What cannot be measured, and is asked of the people who sign; it gives no verdict.

    Attributes:
        id: stage, area and name, as a requirement's.
        source: key of the guide's section in the release's file.
        when: condition on the site under which it is asked.
        asks: the question; may use ``{names}`` of the release's values.
    """

    id: str = Field(pattern=r"^[a-z]+(\.[a-z0-9-]+){2}$")
    source: str
    when: dict[str, Any] = {}
    asks: Text

    @property
    def stage(self) -> str:
        """The stage it belongs to."""
        return self.id.split(".")[0]


class Release(_Data):
    """What one ACP release asks.

    Attributes:
        release: its number (``4.2``).
        verified: its values come from that release's own guide.
        sections: how its guide names the sections that requirements come from.
        requirements: id to the values the release gives it; a requirement that is not here is not owed.
        questions: likewise, of questions.
    """

    release: str
    verified: bool
    sections: dict[str, Text]
    requirements: dict[str, dict[str, Any]]
    questions: dict[str, dict[str, Any]] = {}


class Catalogue:
    """All requirements and releases.

    Args:
        requirements: in the order in which people read them.
        releases: by number.
        questions: in the order in which they are asked.
    """

    def __init__(
        self, requirements: list[Requirement], releases: dict[str, Release], questions: list[Question]
    ) -> None:
        self.requirements = {requirement.id: requirement for requirement in requirements}
        self.questions = {question.id: question for question in questions}
        self.releases = releases
        if len(self.requirements) != len(requirements):
            raise CatalogueError("an id stands twice in the catalogue")
        for release in releases.values():
            for unknown in release.requirements.keys() - self.requirements.keys():
                raise CatalogueError(f"release {release.release} gives values to {unknown}, which is no requirement")
            for owed in self.owed_by(release.release):
                if owed.source not in release.sections:
                    raise CatalogueError(f"{owed.id}: release {release.release} names no section {owed.source!r}")

    def asked_by(self, release: str) -> Iterator[Question]:
        """Give the questions that a release asks, in the catalogue's order."""
        asked = self.releases[release].questions
        return (question for question in self.questions.values() if question.id in asked)

    def owed_by(self, release: str) -> Iterator[Requirement]:
        """Give the requirements that a release asks for, in the catalogue's order."""
        asked = self.releases[release].requirements
        return (requirement for requirement in self.requirements.values() if requirement.id in asked)


@cache
def load_catalogue() -> Catalogue:
    """Read the catalogue that comes with the suite.

    Raises:
        CatalogueError: its data is wrong.
    """
    here = resources.files("acp_acceptance.requirements")
    requirements = []
    for stage in STAGES:
        folder = here / "catalogue" / stage
        if folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                requirements += [_valid(Requirement, entry, file) for entry in _read(file)]
    questions = here / "questions.yaml"
    releases = _releases(
        *(
            {file.name: file for file in folder.iterdir() if file.is_file()}
            for folder in (here / "releases", here / "releases" / "dr")
        )
    )
    return Catalogue(requirements, releases, [_valid(Question, entry, questions) for entry in _read(questions)])


def _releases(files: dict[str, Traversable], of_pairs: dict[str, Traversable]) -> dict[str, Release]:
    """Read releases; one that ``extends`` another says only what is new (``null`` takes a requirement away)."""
    documents: dict[str, dict[str, Any]] = {}
    for name in sorted(files):
        document = _read(files[name])
        of_pair = _read(of_pairs[name]) if name in of_pairs else {}
        base = documents.get(f"{document.pop('extends', '')}.yaml", {part: {} for part in _PARTS})
        for part in _PARTS:
            merged = {**base[part], **document.get(part, {}), **of_pair.get(part, {})}
            document[part] = {key: value for key, value in merged.items() if value is not None}
        documents[name] = document
    return {name.removesuffix(".yaml"): _valid(Release, item, files[name]) for name, item in documents.items()}


def _read(file: Traversable) -> Any:  # noqa: ANN401 - whatever YAML holds
    return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe


def _valid(model: type[_DataT], document: Any, file: Traversable) -> _DataT:  # noqa: ANN401 - whatever YAML holds
    try:
        return model.model_validate(document)
    except ValidationError as error:
        name = document.get("id", document.get("release", "?")) if isinstance(document, dict) else "?"
        raise CatalogueError(f"{file.name}: {name}: {error}") from error
