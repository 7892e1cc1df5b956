"""The certificate that the platform is given: Secret ``dex.tls`` (acp-resources). Of its key nothing is kept."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING

from acp_acceptance.collect.certificates import pem_certificate
from acp_acceptance.collect.platform.endpoints import name_of, platform_certificate
from acp_acceptance.collect.platform.errors import ApiError
from acp_acceptance.model.platform import raw
from acp_acceptance.model.platform.certificates import PlatformCertificate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from acp_acceptance.collect.platform.api import Api
    from acp_acceptance.collect.platform.places import Places

NAME = "cpaas-system/dex.tls"
_PATH = "/api/v1/namespaces/cpaas-system/secrets/dex.tls"


def dex_certificate(api: Api, places: Places) -> dict[str, PlatformCertificate]:
    """Give the certificate in the Secret, by its name."""
    try:
        # The API gives a Secret only as a whole; the answer, and the key in it, ends with this function.
        encoded = raw.at(api.get(_PATH), "data", "tls.crt")
        content = base64.b64decode(encoded if isinstance(encoded, str) else "", validate=True)
    except ApiError as error:
        return {NAME: PlatformCertificate(None, problem=f"Secret {NAME} could not be read: {error.reason}")}
    except (binascii.Error, ValueError):
        return {NAME: PlatformCertificate(None, problem=f"Secret {NAME} holds no readable tls.crt")}
    if not content:
        return {NAME: PlatformCertificate(None, problem=f"Secret {NAME} holds no tls.crt")}
    return {NAME: platform_certificate(pem_certificate(content), places, places.platform_address)}


def compared(
    served: Mapping[str, PlatformCertificate], own: Mapping[str, PlatformCertificate], places: Places
) -> dict[str, PlatformCertificate]:
    """Say of certificates that nodes and VIPs serve at the HTTPS port that they are to be the platform's own."""
    content = own[NAME].content
    direct = {
        name_of(address, places.https_port) for address in (*places.in_front, *(node.address for node in places.nodes))
    }
    if content is None or not content.chain:
        return dict(served)
    return {
        name: replace(item, expected_issuer=content.chain[0].issuer) if name in direct else item
        for name, item in served.items()
    }
