"""Two clusters, the roads and the name server between them, and what is carried from one to the other."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from lab.control_plane import ControlPlane
from lab.control_plane.layers import dns_layer
from lab.control_plane.releases import NEWEST, release_of
from lab.nodefiles import DOMAIN
from lab.nodes import NodeSpec
from lab.pair import failover, inventory
from lab.pair.contents import COMPONENTS, projects
from lab.pair.distance import Distance
from lab.pair.name_server import NameServer
from lab.pair.production import Production
from lab.pair.roads import Roads
from lab.pair.scope import NAMESPACES
from lab.pair.shared import ENCRYPTION_KEY, Shared, encryption_config
from lab.pair.side import PORTS, Side
from lab.pair.synchroniser import SYNC, image
from lab.platform.api import apply_all
from lab.platform.certificates import Authority
from lab.platform.plane import run_on
from lab.site import Lab, check_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self

PRIMARY, STANDBY = "primary", "standby"
_DNS = "dns"


@dataclass
class Pair:
    """A primary and a standby that are ready, from ``with`` to its end; nothing of them is left then.

    Example::

        with Pair(release="4.3") as pair:
            pair.primary.cluster.kubectl("create", "configmap", "note", "-n", "acme")
            with pair.fault("missed-keys"):
                print(pair.standby.check())
            judged(reports, "--acp-stage=dr", f"--acp-inventory={pair.write_inventory(folder)}", inside=pair.inside)

    Attributes:
        release: of the platform, on both sides.
        kubernetes: minor release of Kubernetes, on both sides.
        control_plane: how many control plane nodes each side has.
        standby_kubernetes: where the standby has another release of Kubernetes.
        components: what is installed on both sides, of :data:`lab.pair.contents.COMPONENTS`.
        synchronised: the plugin is installed on the standby.
        workload_cluster: there is one, too, which sends its monitoring data to the primary (an API server alone).
        named_by_address: nodes are called by their addresses in Kubernetes, which do not tell the cluster.
        say: is told what takes long (building programs, once).
        primary: the cluster that serves the platform at the beginning.
        standby: the other.
        names: the name server of both.
        roads: the networks between them.
        distance: what makes the way between them long.
        production: the workload cluster, if any.
        done: steps of a failover that were carried out.
        switched_at: when the domain was switched.
    """

    release: str = "4.2"
    kubernetes: str = NEWEST
    control_plane: int = 1
    standby_kubernetes: str = ""
    components: tuple[str, ...] = tuple(COMPONENTS)
    synchronised: bool = True
    workload_cluster: bool = False
    named_by_address: bool = False
    say: Callable[[str], None] = print
    primary: Side = field(init=False)
    standby: Side = field(init=False)
    names: NameServer = field(init=False)
    roads: Roads = field(init=False)
    distance: Distance = field(default_factory=Distance, init=False)
    production: Production | None = field(default=None, init=False)
    done: list[str] = field(default_factory=list, init=False)
    switched_at: datetime | None = field(default=None, init=False)
    _folder: Path = field(init=False, repr=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False, repr=False)

    def prepare(self) -> None:
        """Build what it is made of, once.

        Raises:
            LabError: programs are missing and cannot be built; says what to do.
        """
        image(self.say)
        dns_layer(release_of(self.kubernetes), self.say)
        for release in {self.kubernetes, self.standby_kubernetes or self.kubernetes}:
            ControlPlane(release, say=self.say).prepare()

    def __enter__(self) -> Self:
        check_machine()
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(TemporaryDirectory(prefix="acp-lab-pair-")))
            hub = stack.enter_context(self._hub())
            self.names = NameServer(hub.nodes[_DNS])
            self.names.start()
            first, second = self._clusters(stack)
            shared = Shared(Authority(DOMAIN, (first.vip, second.vip)))
            # Issued once, before both sides, which start at the same time, ask for it.
            shared.authority.certificate()
            self.roads = Roads(hub, (first.lab, second.lab))
            self.roads.build()
            for cluster in (first, second):
                self._name_names(cluster)
            self.names.answer(shared.domain, first.vip)
            self.primary, self.standby = (
                Side.on(one, shared, self.release, self.components) for one in (first, second)
            )
            _both(stack.enter_context, self.primary, self.standby)
            if self.workload_cluster:
                self.production = stack.enter_context(Production(self.kubernetes, self.say))
            self._fill()
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _hub(self) -> Lab:
        layers = (dns_layer(release_of(self.kubernetes), self.say),)
        return Lab([NodeSpec(_DNS, "debian-12", (), layers=layers)], "pair-hub", self.say)

    def _clusters(self, stack: ExitStack) -> list[ControlPlane]:
        made = image(self.say)
        versions = {PRIMARY: self.kubernetes, STANDBY: self.standby_kubernetes or self.kubernetes}
        clusters = [
            ControlPlane(
                version,
                f"pair-{name}",
                self.say,
                control_plane=self.control_plane,
                balancer=True,
                images=(made,),
                node_name=f"{name}-global-m{{}}",
                named_by_address=self.named_by_address,
                ports=PORTS,
                dns_server=self.names.address,
                encryption=encryption_config(ENCRYPTION_KEY),
            )
            for name, version in versions.items()
        ]
        for cluster in clusters:
            cluster.prepare()
        try:
            _both(stack.enter_context, *clusters)
        except BaseException:
            # One that is not up yet is not the stack's to end.
            for cluster in clusters:
                if hasattr(cluster, "lab"):
                    cluster.stop()
            raise
        return clusters

    def _name_names(self, cluster: ControlPlane) -> None:
        """Let nodes know the platform's name from the name server alone."""
        for node in cluster.nodes.values():
            script = f"sed '/ {cluster.layout.domain}$/d' /etc/hosts >/run/hosts && cat /run/hosts >/etc/hosts"
            run_on(node, f"{script}\necho nameserver {self.names.address} >/etc/resolv.conf")

    def _fill(self) -> None:
        apply_all(self.primary.api, projects(self.primary.site))
        self.primary.install_components()
        if self.synchronised:
            self.standby.plugin.install(self.primary)
        # What runs on the standby was restarted after that.
        self.standby.install_components()

    @property
    def sides(self) -> dict[str, Side]:
        """Both clusters by the role that they have at the beginning."""
        return {PRIMARY: self.primary, STANDBY: self.standby}

    @property
    def domain(self) -> str:
        """The platform's name."""
        return self.primary.shared.domain

    @property
    def inside(self) -> list[str]:
        """Command that runs commands where names are asked of the pair's name server, as people at the sites do."""
        resolver = self._folder / "resolv.conf"
        resolver.write_text(f"nameserver {self.names.address}\noptions timeout:2 attempts:1\n", encoding="ascii")
        script = f'mount --bind {resolver} /etc/resolv.conf && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh"]

    def point_domain_to(self, where: str) -> None:
        """Let the platform's name lead elsewhere, and wait until Pods of both sides see it.

        Args:
            where: ``primary``, ``standby``, an address, or empty for nowhere.
        """
        addresses = [self.sides[where].vip] if where in self.sides else [where] if where else []
        self.names.answer(self.domain, *addresses)
        for side in self.sides.values():
            side.await_resolved(addresses)

    def cut(self, role: str, *, from_this_machine: bool = True) -> None:
        """Take the cables out of a side's site: what is sent there, or from there, is lost.

        Args:
            role: the side's.
            from_this_machine: this machine does not reach it either.
        """
        self.roads.cut(self.sides[role].cluster.lab, from_this_machine=from_this_machine)

    def mend(self, *roles: str) -> None:
        """Put the cables in again, and wait until the sides are reached and the synchroniser works."""
        for role in roles:
            self.roads.mend(self.sides[role].cluster.lab)
        for role in roles:
            side = self.sides[role]
            side.api.wait(partial(_answers, side), f"the API server of the {role} answers")
        if self.standby.plugin.parts:
            self.standby.plugin.await_consistent()

    @contextmanager
    def lag(self, seconds: float) -> Iterator[None]:
        """Let every change come so much later to the standby, until the end of ``with``."""
        self.standby.plugin.control(SYNC, "delay", str(round(seconds * 1000)))
        try:
            yield
        finally:
            self.standby.plugin.control(SYNC, "delay", "")

    def fault(self, name: str) -> AbstractContextManager[None]:
        """Seed a fault of :data:`lab.pair.faults.FAULTS`, until the end of ``with``.

        Raises:
            KeyError: there is none of this name.
            LabError: it cannot be seeded, or undone.
        """
        from lab.pair.faults import FAULTS  # noqa: PLC0415 - faults are written in terms of a pair

        return FAULTS[name].seeded(self)

    @contextmanager
    def failover(self, until: str = "", skip: Sequence[str] = ()) -> Iterator[None]:
        """Carry out a failover, and undo it at the end of ``with``.

        Within, it can be called again (as ``pair.fail_over``) to do what was left undone.

        Args:
            until: name of the last step, of :data:`lab.pair.failover.STEPS`; all where it is empty.
            skip: names of steps that are left undone.

        Raises:
            KeyError: there is no such step.
            LabError: one cannot be done.
        """
        try:
            self.fail_over(until, skip)
            yield
        finally:
            failover.undo(self)

    def fail_over(self, until: str = "", skip: Sequence[str] = ()) -> None:
        """Carry out a failover, or what an earlier call left undone; see :meth:`failover`."""
        failover.carry_out(self, until, tuple(skip))

    def write_inventory(self, folder: Path, *, swapped: bool = False, admin: bool = False) -> Path:
        """Write the site's inventory.

        Args:
            folder: it is written there.
            swapped: each cluster has the other's kubeconfig, by mistake.
            admin: kubeconfigs are the administrators', not those of the run's user.
        """
        return inventory.write(self, folder, swapped=swapped, admin=admin)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces that are synchronised."""
        return NAMESPACES


def _answers(side: Side) -> bool:
    try:
        return bool(side.cluster.access.get("/readyz"))
    except OSError:
        return False


def _both(work: Callable[..., object], *of: object) -> None:
    """Do something with several at once, and wait for all, also where one fails; Ctrl-C waits for none."""
    failures: list[BaseException] = []

    def run(one: object) -> None:
        try:
            work(one)
        except BaseException as error:  # noqa: BLE001 - whatever it is, who waits says it
            failures.append(error)

    threads = [Thread(target=run, args=(one,), daemon=True) for one in of]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
