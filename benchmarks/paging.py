"""Reading collections page by page with a plain HTTP client; what comes is counted, and not looked at."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import yaml
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTINUE = re.compile(rb'"continue":"([^"]*)"')


@contextmanager
def opened(kubeconfig: str) -> Iterator[tuple[requests.Session, str]]:
    """Give a session with an API server, and its URL, by a kubeconfig that has files of certificates."""
    document = yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8"))
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    with requests.Session() as session:
        session.trust_env = False
        # A server that was just filled is busy for a moment.
        retries = Retry(total=5, backoff_factor=0.5, status_forcelist=(429, 500, 503, 504))
        session.mount("https://", HTTPAdapter(max_retries=retries))
        session.verify = cluster["certificate-authority"]
        session.cert = (user["client-certificate"], user["client-key"])
        yield session, cluster["server"]


def size_of(session: requests.Session, url: str, limit: int = 500) -> int:
    """Read a whole collection in pages of so many objects, and give how many bytes came."""
    going_on, size = "", 0
    while True:
        answer = session.get(url, params={"limit": str(limit), "continue": going_on}, timeout=120)
        found = _CONTINUE.search(answer.content[:2000])
        # After five minutes etcd has compacted the state that pages are of; the server offers to go on in a newer one.
        if answer.status_code != HTTPStatus.GONE or found is None:
            answer.raise_for_status()
        size += len(answer.content)
        if found is None or not found[1]:
            return size
        going_on = found[1].decode()
