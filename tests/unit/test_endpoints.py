"""The platform from outside: real servers on loopback addresses, and what is said of them."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from acp_acceptance.collect.platform.access import from_document
from acp_acceptance.collect.platform.asking import ask, shake_hands
from acp_acceptance.collect.platform.endpoints import Observer
from acp_acceptance.collect.platform.places import ControlPlaneNode, Places
from acp_acceptance.model.measurement import CollectionError
from acp_acceptance.model.platform.certificates import PlatformCertificate, expiring, require_known, unfit
from acp_acceptance.model.platform.endpoints import Endpoint, Endpoints, closed, unready, unserved
from servers import WebServer, own_address, valid_today, web_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from acp_acceptance.collect.platform.endpoints import Outside
    from certificates import Issued
    from servers import Replies

VIP, NODE = own_address(10), own_address(1)
PORT = 17443
PLAIN = 17080
TOKEN = "the-token-of-this-user"
READY: Replies = {"/readyz?verbose": (200, {}, b"[+]ping ok\nreadyz check passed\n")}
CONSOLE: Replies = {"/": (302, {"Location": "/console"}, b""), "/console": (200, {}, b"<html>")}
REGISTRY: Replies = {"/v2/": (401, {}, b"{}")}
OK = {200, 302, 401}
TODAY = datetime.now(timezone.utc)
PLACES = Places(
    access={VIP: "platform address"},
    platform_address=VIP,
    vip=VIP,
    nodes=(ControlPlaneNode("cp-1", NODE, NODE),),
    https_port=PORT,
    http_port=PLAIN,
    registry=True,
    certificate="own",
)


class Site:
    """A healthy platform on loopback addresses, of which single parts are replaced."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.authority = valid_today("cluster CA")
        self.root = valid_today("Root")
        self.middle = valid_today("Middle", self.root)
        self.platform = valid_today("platform", self.middle, names=("acp.example.com",), addresses=(VIP,))
        self.servers: dict[tuple[str, int], WebServer] = {}

    def serve(self, *, leave_out: tuple[tuple[str, int], ...] = (), **given: Any) -> None:
        """Start all servers, but for those that are left out."""
        own = {VIP: (VIP,), NODE: (NODE,)}
        for address in (VIP, NODE):
            signed = valid_today("kube-apiserver", self.authority, addresses=own[address])
            for port, replies, chain in (
                (PORT, given.get("console", CONSOLE), given.get("chain", (self.platform, self.middle))),
                (6443, given.get("ready", READY), given.get("signed", (signed,))),
                (11443, given.get("registry", REGISTRY), given.get("chain", (self.platform, self.middle))),
            ):
                if (address, port) not in leave_out:
                    server = web_server(address, port, replies, *chain)
                    self.servers[address, port] = self._stack.enter_context(server)

    def observe(self, places: Places = PLACES, *, authority: Issued | None = None, secure: bool = True) -> Outside:
        """Look at it as a user with a token does."""
        signer = base64.b64encode((authority or self.authority).pem).decode()
        cluster = {"certificate-authority-data": signer} if secure else {"insecure-skip-tls-verify": True}
        document = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"https://{VIP}:6443", **cluster}}],
            "users": [{"name": "u", "user": {"token": TOKEN}}],
        }
        return Observer(from_document(document, "the test"), 5).observe(places)

    def tokens(self) -> list[str]:
        """All credentials that any server was sent."""
        return [
            headers["authorization"]
            for server in self.servers.values()
            for _, headers in server.asked
            if "authorization" in headers
        ]


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose servers end with the test."""
    with ExitStack() as stack:
        yield Site(stack)


def faults(endpoints: Endpoints, judge: Callable[[Endpoint], Any]) -> dict[str, list[str]]:
    """The sentences that each endpoint is judged with, where there are any."""
    judged = {name: [sentence for sentence, _ in judge(item)] for name, item in endpoints.items.items()}
    return {name: sentences for name, sentences in judged.items() if sentences}


def test_a_healthy_platform_answers_everywhere(site: Site) -> None:
    site.serve()
    seen = site.observe()
    assert set(seen.web.items) == {f"{VIP}:{PORT}", f"{VIP}:{PLAIN}"}
    assert set(seen.balanced.items) == {f"{address}:{port}" for address in (VIP, NODE) for port in (PORT, 6443, 11443)}
    assert set(seen.api.items) == {f"{VIP}:6443", f"{NODE}:6443"}
    assert seen.web.items[f"{VIP}:{PORT}"].path == "/console"
    assert not faults(seen.web, lambda item: unserved(item, OK))
    assert not faults(seen.registry, lambda item: unserved(item, OK))
    assert not faults(seen.balanced, closed)
    assert not faults(seen.api, unready)
    assert set(seen.certificates) == set(seen.balanced.items)
    for certificate in seen.certificates.values():
        assert not [*unfit(certificate, TODAY, 30)]
        require_known(certificate)
    assert not site.tokens()


def test_a_closed_port_fails_alone(site: Site) -> None:
    site.serve(leave_out=((NODE, 11443),))
    seen = site.observe()
    assert faults(seen.balanced, closed) == {f"{NODE}:11443": ["closed"]}
    assert not faults(seen.registry, lambda item: unserved(item, OK))
    with pytest.raises(CollectionError, match=r"served no certificate: the port is not open \(refused\)"):
        [*unfit(seen.certificates[f"{NODE}:11443"], TODAY, 10)]


def test_a_port_that_hangs_up_is_no_service(site: Site) -> None:
    with socket.create_server((NODE, 11443)) as listener:

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    listener.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        site.serve(leave_out=((NODE, 11443),))
        seen = site.observe()
        listener.shutdown(socket.SHUT_RDWR)
    assert faults(seen.balanced, closed) == {f"{NODE}:11443": ["no_tls"]}


def test_a_port_that_says_nothing_costs_the_deadline_and_no_more() -> None:
    with socket.create_server((NODE, 11443)):
        handshake = shake_hands(NODE, 11443, 0.5)
    assert not handshake.chain
    assert handshake.failure


@pytest.mark.parametrize(
    ("replies", "sentence"),
    [
        ({"/": (404, {}, b"")}, "status"),
        ({"/": (503, {}, b"")}, "status"),
        ({"/": (302, {"Location": "/"}, b"")}, "no_answer"),
    ],
)
def test_a_console_that_does_not_serve_fails(site: Site, replies: Any, sentence: str) -> None:
    site.serve(console=replies)
    assert faults(site.observe().web, lambda item: unserved(item, OK)) == {f"{VIP}:{PORT}": [sentence]}


def test_redirections_to_other_hosts_are_not_followed(site: Site) -> None:
    site.serve(console={"/": (302, {"Location": f"https://{NODE}:11443/v2/"}, b"")})
    assert not faults(site.observe().web, lambda item: unserved(item, OK))
    assert not [path for path, _ in site.servers[NODE, 11443].asked if path == "/v2/"]


@pytest.mark.parametrize(
    ("wanted", "status", "sentences"), [(False, 200, ["open"]), (True, 503, ["status"]), (True, 302, [])]
)
def test_an_open_http_port_is_judged_as_the_inventory_asks(
    site: Site, *, wanted: bool, status: int, sentences: list[str]
) -> None:
    site.serve()
    with web_server(VIP, PLAIN, {"/": (status, {"Location": f"https://{VIP}:{PORT}/"}, b"")}):
        seen = site.observe(replace(PLACES, http=wanted))
    found = faults(seen.web, lambda item: unserved(item, OK))
    assert found.get(f"{VIP}:{PLAIN}", []) == sentences


def test_http_that_the_inventory_asks_for_and_is_closed_fails(site: Site) -> None:
    site.serve()
    assert faults(site.observe(replace(PLACES, http=True)).web, lambda item: unserved(item, OK)) == {
        f"{VIP}:{PLAIN}": ["closed"]
    }


def test_an_api_server_that_is_not_ready_names_its_checks(site: Site) -> None:
    site.serve(ready={"/readyz?verbose": (500, {}, b"[+]ping ok\n[-]etcd failed: reason withheld\n")})
    seen = site.observe()
    assert faults(seen.api, unready) == {f"{VIP}:6443": ["not_ready"], f"{NODE}:6443": ["not_ready"]}
    assert seen.api.items[f"{NODE}:6443"].unready == ("etcd",)


def test_an_api_server_that_wants_to_know_who_asks_is_told(site: Site) -> None:
    def only_known(headers: Any) -> Any:
        return (200, {}, b"ok") if headers.get("authorization") == f"Bearer {TOKEN}" else (401, {}, b"")

    site.serve(ready={"/readyz?verbose": only_known})
    seen = site.observe()
    assert not faults(seen.api, unready)
    assert TOKEN not in repr(seen)


def test_credentials_go_to_no_server_that_the_cluster_s_authority_did_not_sign(site: Site) -> None:
    stranger = valid_today("stranger", addresses=(VIP, NODE))
    site.serve(ready={"/readyz?verbose": (401, {}, b"")}, signed=(stranger,))
    seen = site.observe()
    assert faults(seen.api, unready) == {f"{VIP}:6443": ["foreign"], f"{NODE}:6443": ["foreign"]}
    assert not site.tokens()


def test_a_kubeconfig_without_authority_recognises_no_server(site: Site) -> None:
    site.serve()
    seen = site.observe(secure=False)
    for endpoint in seen.api.items.values():
        with pytest.raises(CollectionError, match="names no CA by which API servers are recognised"):
            [*unready(endpoint)]
    assert not site.tokens()


def test_an_api_server_that_lets_nobody_ask_is_not_measured(site: Site) -> None:
    site.serve(ready={"/readyz?verbose": (403, {}, b"")})
    with pytest.raises(CollectionError, match="lets neither anonymous users nor this one ask"):
        [*unready(site.observe().api.items[f"{VIP}:6443"])]


def test_credentials_are_only_for_a_server_that_is_known() -> None:
    with pytest.raises(ValueError, match="credentials"):
        ask("https://127.0.0.1:1/", 1, headers={"authorization": "x"})


@pytest.mark.parametrize(
    ("left", "required", "advised"),
    [(-1, ["expired"], ["expired"]), (9, ["expiring"], ["expiring"]), (20, [], ["expiring"]), (31, [], [])],
)
def test_certificates_are_judged_by_their_dates(site: Site, left: int, required: list[str], advised: list[str]) -> None:
    short = valid_today("platform", site.middle, names=("acp.example.com",), addresses=(VIP,), left=left)
    site.serve(chain=(short, site.middle))
    certificate = site.observe().certificates[f"{VIP}:{PORT}"]
    assert [sentence for sentence, _ in unfit(certificate, TODAY, 10)] == required
    assert [sentence for sentence, _ in expiring(certificate, TODAY, 30)] == advised


def test_a_certificate_for_another_name_and_one_without_its_issuer_fail(site: Site) -> None:
    other = valid_today("platform", site.middle, names=("other.example.com",))
    site.serve(chain=(other,))
    certificate = site.observe().certificates[f"{NODE}:{PORT}"]
    assert [sentence for sentence, _ in unfit(certificate, TODAY, 10)] == ["issuer_missing", "name"]
    assert [sentence for sentence, _ in unfit(replace(certificate, issuer="platform"), TODAY, 10)] == ["name"]
    with pytest.raises(CollectionError, match=r"parameters\.certificate\.kind"):
        require_known(replace(certificate, issuer=""))


def test_an_api_server_s_certificate_is_to_be_for_its_own_address(site: Site) -> None:
    signed = valid_today("kube-apiserver", site.authority, addresses=(VIP,))
    site.serve(signed=(signed,))
    seen = site.observe()
    assert not [*unfit(seen.certificates[f"{VIP}:6443"], TODAY, 10)]
    assert [sentence for sentence, _ in unfit(seen.certificates[f"{NODE}:6443"], TODAY, 10)] == ["name"]
    # That is the certificate's fault; the server is ready all the same.
    assert not faults(seen.api, unready)


def test_what_is_not_known_is_not_judged(site: Site) -> None:
    places = Places(access={}, unknown={"platform address": "nobody says it", "VIP": "no VIP", "nodes": "no nodes"})
    seen = site.observe(places)
    assert set(seen.web.items) == {"platform address"}
    for endpoints in (seen.web, seen.registry, seen.balanced, seen.api):
        for endpoint in endpoints.items.values():
            with pytest.raises(CollectionError):
                [*closed(endpoint)]
    with pytest.raises(CollectionError):
        [*unfit(PlatformCertificate(None, problem="not seen"), TODAY, 10)]


def test_a_registry_port_that_may_be_closed_by_the_plan_is_asked_about(site: Site) -> None:
    site.serve(leave_out=((VIP, 11443), (NODE, 11443)))
    seen = site.observe(replace(PLACES, registry=None))
    with pytest.raises(CollectionError, match=r"parameters\.image_repository\.kind"):
        [*closed(seen.balanced.items[f"{VIP}:11443"])]
    without = site.observe(replace(PLACES, registry=False))
    assert not [name for name in without.balanced.items if name.endswith(":11443")]
    assert not faults(without.balanced, closed)


def test_a_name_that_does_not_resolve_is_not_judged(site: Site) -> None:
    site.serve()
    places = replace(PLACES, access={"acp.invalid": "platform address"}, platform_address="acp.invalid")
    with pytest.raises(CollectionError, match=r"cannot resolve acp\.invalid"):
        [*unserved(site.observe(places).web.items[f"acp.invalid:{PORT}"], OK)]
