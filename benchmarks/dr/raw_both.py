"""The floor: the same collections of both sides at once, page by page, with a plain HTTP client, not looked at."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
import yaml
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

_CONTINUE = re.compile(rb'"continue":"([^"]*)"')
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def main() -> None:
    """Read the ConfigMaps of the clusters whose kubeconfigs are named; as metadata alone after ``metadata``."""
    form, *kubeconfigs = sys.argv[1:]
    accept = _METADATA if form == "metadata" else "application/json"
    with ThreadPoolExecutor(len(kubeconfigs)) as pool:
        print(f"{sum(pool.map(lambda file: _read(file, accept), kubeconfigs))} bytes")


def _read(kubeconfig: str, accept: str) -> int:
    document = yaml.safe_load(Path(kubeconfig).read_text(encoding="utf-8"))
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = accept
        # A server that was just filled is busy for a moment.
        session.mount(
            "https://", HTTPAdapter(max_retries=Retry(5, backoff_factor=0.5, status_forcelist=(429, 500, 503)))
        )
        session.verify = cluster["certificate-authority"]
        session.cert = (user["client-certificate"], user["client-key"])
        return _pages(session, f"{cluster['server']}/api/v1/configmaps")


def _pages(session: requests.Session, url: str) -> int:
    going_on, size = "", 0
    while True:
        answer = session.get(url, params={"limit": "500", "continue": going_on}, timeout=120)
        answer.raise_for_status()
        size += len(answer.content)
        found = _CONTINUE.search(answer.content[:2000])
        if found is None or not found[1]:
            return size
        going_on = found[1].decode()


if __name__ == "__main__":
    main()
