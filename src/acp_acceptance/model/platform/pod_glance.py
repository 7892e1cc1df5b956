"""A glance at a Pod's JSON, which shows of most that nothing is wrong with them.

A field that is odd in any way is an error here, not a value: such a Pod is read whole, field by field.
"""

from __future__ import annotations

import msgspec

GLANCE_ERRORS = (msgspec.MsgspecError, RecursionError)


# What a glance at a Pod reads, named as the API names it.
class _Metadata(msgspec.Struct):
    namespace: str = ""
    deletionTimestamp: str | None = None  # noqa: N815 - the API's name


class _Wanted(msgspec.Struct):
    name: str
    restartPolicy: str = ""  # noqa: N815 - the API's name


class _Spec(msgspec.Struct):
    containers: list[_Wanted]
    initContainers: list[_Wanted] | None = None  # noqa: N815 - the API's name


class _Running(msgspec.Struct):
    pass


class _Ended(msgspec.Struct):
    exitCode: int = -1  # noqa: N815 - the API's name


class _State(msgspec.Struct):
    running: _Running | None = None
    terminated: _Ended | None = None


class _Said(msgspec.Struct):
    name: str
    state: _State
    ready: bool = False
    restartCount: int = -1  # noqa: N815 - the API's name

    def is_well(self, *, stays: bool) -> bool:
        if self.restartCount:
            return False
        if stays:
            return self.ready and self.state.running is not None
        return self.state.terminated is not None and self.state.terminated.exitCode == 0


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Status(msgspec.Struct):
    phase: str = ""
    containerStatuses: list[_Said] | None = None  # noqa: N815 - the API's name
    initContainerStatuses: list[_Said] | None = None  # noqa: N815 - the API's name
    conditions: list[_Condition] | None = None


class PodGlance(msgspec.Struct):
    """What shows that a Pod needs no second look; the rest of it is not even read, which is six times faster."""

    metadata: _Metadata
    spec: _Spec
    status: _Status

    def plainly_well(self) -> bool:
        """Tell quickly that a Pod needs no second look; most do not."""
        spec, status = self.spec, self.status
        if self.metadata.deletionTimestamp:
            return False
        if status.phase == "Succeeded":
            return True
        said = {item.name: item for item in status.containerStatuses or ()}
        said_first = {item.name: item for item in status.initContainerStatuses or ()}
        return (
            status.phase == "Running"
            and bool(spec.containers)
            and all(item.name in said and said[item.name].is_well(stays=True) for item in spec.containers)
            and all(
                item.name in said_first and said_first[item.name].is_well(stays=item.restartPolicy == "Always")
                for item in spec.initContainers or ()
            )
            # Its containers are ready, by the last word of a node that may be lost, or a readiness gate is closed.
            and all(item.status == "True" for item in status.conditions or () if item.type == "Ready")
        )


_GLANCES = msgspec.json.Decoder(PodGlance)


def read_glance(content: bytes | msgspec.Raw) -> PodGlance:
    """Read a Pod's JSON as far as a glance goes.

    Raises:
        msgspec.MsgspecError, RecursionError: it is odd, as :data:`GLANCE_ERRORS` has them.
    """
    return _GLANCES.decode(content)
