"""What a fault does, and how that is undone; each step can be undone also where it was done in part, or not at all."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.platform.api import PATIENCE, reference
from lab.platform.plane import run_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.platform.api import Object, Reference
    from lab.platform.platform import Platform
    from lab.platform.serving import Serving
    from lab.seeding import StepOn

    Step = StepOn[Platform]


@dataclass(frozen=True)
class Add:
    """Add objects that a healthy platform does not have.

    Attributes:
        objects: gives them for a platform; the first is the one that is waited for.
        until: what the first then looks like.
        what: this in words.
        patience: how many seconds it may take.
    """

    objects: Callable[[Platform], list[Object]]
    until: Callable[[Object], bool] = bool
    what: str = "is there"
    patience: float = PATIENCE

    def apply(self, platform: Platform) -> None:
        """Make them."""
        items = self.objects(platform)
        for item in items:
            platform.api.apply(item)
        platform.api.until(reference(items[0]), self.until, self.what, self.patience)

    def undo(self, platform: Platform) -> None:
        """Delete them, the last first."""
        for item in reversed(self.objects(platform)):
            platform.api.delete(reference(item))


@dataclass(frozen=True)
class Change:
    """Change one of the platform's objects.

    Attributes:
        which: says which.
        change: changes a healthy copy of it.
    """

    which: Callable[[Platform], Reference]
    change: Callable[[Object], object]

    def apply(self, platform: Platform) -> None:
        """Change it."""
        item = platform.healthy_object(self.which(platform))
        self.change(item)
        platform.put(item)

    def undo(self, platform: Platform) -> None:
        """Make it healthy."""
        platform.restore(self.which(platform))


@dataclass(frozen=True)
class Remove:
    """Remove one of the platform's objects."""

    which: Callable[[Platform], Reference]

    def apply(self, platform: Platform) -> None:
        """Delete it."""
        platform.api.delete(self.which(platform))

    def undo(self, platform: Platform) -> None:
        """Make it again."""
        platform.restore(self.which(platform))


@dataclass(frozen=True)
class Patch:
    """Merge a change into an object that is not the platform's, such as a node.

    Attributes:
        which: says which.
        change: a JSON merge patch.
        back: the one that undoes it.
        until: what the object then looks like.
    """

    which: Callable[[Platform], Reference]
    change: Object
    back: Object
    until: Callable[[Object], bool] = bool

    def apply(self, platform: Platform) -> None:
        """Merge the change."""
        platform.api.patch(self.which(platform), self.change)
        platform.api.until(self.which(platform), self.until, "shows the fault")

    def undo(self, platform: Platform) -> None:
        """Merge the one that undoes it."""
        platform.api.patch(self.which(platform), self.back)


@dataclass(frozen=True)
class Forbid:
    """Take rights from the run's user; names are those of :mod:`lab.platform.reader`."""

    rights: tuple[str, ...]

    def apply(self, platform: Platform) -> None:
        """Take them."""
        platform.forbid(self.rights)
        for right in self.rights:
            platform.await_right(right, allowed=False)

    def undo(self, platform: Platform) -> None:
        """Give them back."""
        platform.allow(self.rights)
        for right in self.rights:
            platform.await_right(right, allowed=True)


@dataclass(frozen=True)
class Serve:
    """Let nodes serve the platform's ports otherwise.

    Attributes:
        change: gives how, from how a healthy node does.
        nodes: positions of the control plane nodes; all of them where there is none.
    """

    change: Callable[[Serving], Serving]
    nodes: tuple[int, ...] = (-1,)

    def apply(self, platform: Platform) -> None:
        """Serve otherwise."""
        self._serve(platform, self.change(platform.serving))

    def undo(self, platform: Platform) -> None:
        """Serve as usual."""
        self._serve(platform, platform.serving)
        platform.await_served()

    def _serve(self, platform: Platform, serving: Serving) -> None:
        positions = self.nodes or range(len(platform.site.control_plane))
        for position in positions:
            platform.serve(position, serving)


@dataclass(frozen=True)
class Balance:
    """Let the load balancer pass on otherwise; ``ports`` are those that it passes on, each to the nodes' port."""

    ports: dict[int, int]

    def apply(self, platform: Platform) -> None:
        """Pass on otherwise."""
        platform.balancer.balance(dataclasses.replace(platform.balancing, ports=self.ports))

    def undo(self, platform: Platform) -> None:
        """Pass on as usual."""
        platform.balancer.balance(platform.balancing)
        platform.await_served()


@dataclass(frozen=True)
class OnNode:
    """Run a script on a control plane node.

    Attributes:
        script: run as root.
        back: the one that undoes it; it may be run twice.
        node: position of the control plane node.
    """

    script: str
    back: str
    node: int = 0

    def apply(self, platform: Platform) -> None:
        """Run it."""
        run_on(platform.node(self.node), self.script)

    def undo(self, platform: Platform) -> None:
        """Run the one that undoes it."""
        run_on(platform.node(self.node), self.back)
