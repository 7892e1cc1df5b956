"""What the installer's pages ask, as the inventory plans it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from acp_acceptance.inventory import addresses
from acp_acceptance.inventory.nodes import Frozen


def one_or_many(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """Read one value, or several with commas between them, where a list may stand."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _beside_the_inventory(text: str, info: ValidationInfo) -> str:
    """Make a path absolute; a relative one begins at the folder of the file that holds it."""
    folder = (info.context or {}).get("folder")
    return str(folder / addresses.in_home(text)) if folder else text


def _fingerprint(text: str) -> str:
    digits = text.rpartition("=")[2].lower().replace(":", "")  # openssl prints "sha256 Fingerprint=AB:CD..."
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError(
            "this is no SHA-256 fingerprint; write the 64 hexadecimal digits of: "
            "openssl x509 -noout -fingerprint -sha256 -in FILE"
        )
    return digits


def _variable_name(text: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", text):
        raise ValueError(
            "write the name of an environment variable in capital letters, such as ACP_REGISTRY_PASSWORD; "
            "the password itself belongs there, not here"
        )
    return text


Port = Annotated[int, Field(ge=1, le=65535, examples=[443])]
PlatformAddress = Annotated[
    str, AfterValidator(addresses.checked_platform_address), Field(examples=["acp.example.com"])
]
LocalPath = Annotated[str, Field(min_length=1), AfterValidator(_beside_the_inventory)]


class SelfBuiltVip(Frozen):
    """The VIP that the platform makes itself, where no load balancer is provided.

    Attributes:
        enabled: whether it is switched on.
        vrid: its VRRP router id.
    """

    enabled: bool | None = Field(default=None, examples=["false"])
    vrid: int | None = Field(default=None, examples=[100])


class Certificate(Frozen):
    """The platform's certificate.

    Attributes:
        kind: ``own`` is "An Existing Certificate" on the installer's page.
        file: the certificate with its chain, PEM, on the machine that runs the suite.
        key_file: its private key there; read only to see that it fits.
        fingerprint: SHA-256 of the certificate, where the file is not at hand; hexadecimal digits.
    """

    kind: Literal["own", "self_signed"] | None = None
    file: LocalPath | None = Field(default=None, examples=["certificates/acp.pem"])
    key_file: LocalPath | None = Field(default=None, examples=["certificates/acp.key"])
    fingerprint: Annotated[str, AfterValidator(_fingerprint)] | None = None


class ImageRepository(Frozen):
    """Where the platform's images come from.

    Attributes:
        kind: ``platform`` is "Platform Deployment" on the installer's page.
        address: its domain or address.
        username: its user; empty is not the same as not said.
        password_from: the environment variable that holds its password; the password itself is never in a file.
    """

    kind: Literal["platform", "external"] | None = None
    address: Annotated[str, AfterValidator(addresses.checked_repository)] | None = Field(
        default=None, examples=["acp.example.com"]
    )
    username: str | None = Field(default=None, examples=["admin"])
    password_from: Annotated[str, AfterValidator(_variable_name)] | None = Field(
        default=None, examples=["ACP_REGISTRY_PASSWORD"]
    )


class InstallationParameters(Frozen):
    """What the installer's pages ask. None is "the inventory does not say"; empty is "left empty on the page".

    Attributes:
        platform_address: Platform Access Address.
        cluster_endpoint: Cluster Endpoint.
        http_enabled: whether HTTP is switched on under Advanced Settings.
        http_port: HTTP Port.
        https_port: HTTPS Port.
        other_platform_addresses: Other Platform Access Addresses.
        self_built_vip: Self-built VIP.
        certificate: Certificate.
        image_repository: Image Repository.
        admin_user: name of the platform's administrator.
    """

    platform_address: PlatformAddress | None = None
    cluster_endpoint: PlatformAddress | None = None
    http_enabled: bool | None = Field(default=None, examples=["false"])
    http_port: Port | None = None
    https_port: Port | None = None
    other_platform_addresses: Annotated[tuple[PlatformAddress, ...], BeforeValidator(one_or_many)] | None = None
    self_built_vip: SelfBuiltVip = SelfBuiltVip()
    certificate: Certificate = Certificate()
    image_repository: ImageRepository = ImageRepository()
    admin_user: str | None = Field(default=None, examples=["admin@example.com"])
