"""What both clusters of a pair have in common: what their installers were told, and the key that was copied."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from lab.nodefiles import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.platform.certificates import Authority

REGISTRY_USER = "registry-admin"
REGISTRY_PASSWORD = "planted-registry-passphrase"  # noqa: S105 - no secret: the lab plants it, to look for it afterwards
ENCRYPTION_KEY = base64.b64encode(b"planted-encryption-key-32-bytes!").decode()
TOKEN = "planted-synchroniser-token"  # noqa: S105 - no secret: the lab plants it, to look for it afterwards
ROOT_KEY = "planted-encryption-root-key"
ELASTICSEARCH_PASSWORD = "planted-elasticsearch-passphrase"  # noqa: S105 - no secret: the same
SYNCHRONISED_SECRET = "planted-synchronised-passphrase"  # noqa: S105 - no secret: the same
PLANTED = (REGISTRY_PASSWORD, ENCRYPTION_KEY, ROOT_KEY, TOKEN, ELASTICSEARCH_PASSWORD, SYNCHRONISED_SECRET)
"""What no run may ever store or print, beside :data:`lab.platform.site.PLANTED_SECRETS`."""

IMAGES = {f"acp/{name}": ("v4.2.1",) for name in ("alauda-base", "chart-alauda-base", "console", "etcd-sync", "sentry")}
"""What both registries hold."""


@dataclass(frozen=True)
class Shared:
    """What is the same on both sides.

    Attributes:
        authority: issues the certificate for the domain, which both sides serve.
        domain: Platform Access Address.
        registry_user: of the image repository.
        registry_password: of the image repository.
        admin: the platform's administrator.
        images: what the registries hold: repository to tags.
    """

    authority: Authority
    domain: str = DOMAIN
    registry_user: str = REGISTRY_USER
    registry_password: str = field(default=REGISTRY_PASSWORD, repr=False)
    admin: str = "admin"
    images: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: IMAGES)


def encryption_config(*keys: str) -> str:
    """Give an EncryptionConfiguration for Secrets, with these keys (base64); the first encrypts."""
    named = [{"name": f"key{number}", "secret": key} for number, key in enumerate(keys, 1)]
    providers = [{"aescbc": {"keys": named}}, {"identity": {}}]
    document = {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    }
    return yaml.safe_dump(document, sort_keys=False)


def another_key() -> str:
    """Give a key that no cluster has."""
    return base64.b64encode(secrets.token_bytes(32)).decode()
