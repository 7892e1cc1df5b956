"""Whether Log Storage for Elasticsearch lets the platform in, as a failover needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from acp_acceptance.model.measurement import CollectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acp_acceptance.model.fault import Fault


@dataclass(frozen=True)
class ElasticsearchAnswer:
    """What one Pod of Elasticsearch answers to the platform's own user.

    Attributes:
        pod: its name.
        status: of the answer; ``None`` where none came.
        failure: why none came.
        health: ``status`` of its cluster (green, yellow, red); empty where it does not say.
    """

    pod: str
    status: int | None
    failure: str = ""
    health: str = ""


@dataclass(frozen=True)
class Elasticsearch:
    """Log Storage for Elasticsearch.

    Attributes:
        installed: it is there.
        answers: of each of its Pods.
        problem: why it could not be asked as the platform's user; then it was asked as nobody.
    """

    installed: bool
    answers: tuple[ElasticsearchAnswer, ...] = ()
    problem: str = ""


def unusable(found: Elasticsearch) -> Iterator[Fault]:
    """Give Pods of Elasticsearch that refuse the platform's user, do not answer, or have lost data.

    Raises:
        CollectionError: nothing could be asked, or not as the platform's user.
    """
    for answer in found.answers:
        values: dict[str, object] = {"pod": answer.pod, "status": answer.status, "reason": answer.failure}
        if answer.status is None:
            yield "silent", values
        elif answer.status in _REFUSED:
            # Asked as nobody, a refusal is no fault.
            if not found.problem:
                yield "refused", values
        elif answer.status >= _BAD:
            yield "error", values
        elif answer.health == "red":
            yield "red", values
    if not found.answers:
        raise CollectionError("no running Pod of Elasticsearch could be asked", kind="absent")
    if found.problem and any(answer.status in _REFUSED for answer in found.answers):
        raise CollectionError(found.problem)


_REFUSED = (401, 403)
_BAD = 400
