"""
What makes the rider's page installable and keeps it for the time without a network: its manifest and its worker.

The worker is named by nothing but its content: a hash of everything it keeps stands in it, so that a browser that
compares it with the one it has sees at once that a page, a script or a picture is new.
"""

from __future__ import annotations

import json
from functools import lru_cache

from web_map import assets
from web_map.page import HTML_LANG, LATER_FILES, rider_page, texts

FACTS = ("/city.json", "/areas?level=district", "/stations.json")
"""Answers kept besides the page: the newest ones known, whatever the version of the page."""

WORKER_POLICY = "default-src 'none'; connect-src 'self'"
"""A worker runs under the policy of its own answer: this one may ask our origin and nothing else."""


@lru_cache(maxsize=1)
def service_worker() -> bytes:
    """The worker that keeps the rider's page, with hashes and addresses of what it keeps."""
    pages = [f"/?lang={lang}" for lang in HTML_LANG]
    files = [assets.url(name) for name in ("icon.svg", "rider.js", *LATER_FILES)]
    body = assets.text("sw.js")
    kept = "".join([*(rider_page(lang)[0].decode("utf-8") + rider_page(lang)[1] for lang in HTML_LANG), *files, body])
    lines = {"VERSION": assets.digest(kept.encode("utf-8")), "PAGES": pages, "FILES": files, "FACTS": FACTS}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in lines.items())
    return (head + body).encode("utf-8")


@lru_cache(maxsize=len(HTML_LANG))
def manifest(lang: str) -> bytes:
    """The web application manifest in a language; raises UnknownLanguageError."""
    words = texts(lang)
    sizes = (("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"))
    icons = [
        {"src": assets.url(name), "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in (*sizes, ("icon-maskable-512.png", "512x512", "maskable"))
    ]
    icons.append({"src": assets.url("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    described = {
        "id": "/",
        "name": words["rider.title"],
        "short_name": words["common.brand"],
        "description": words["rider.description"],
        "lang": HTML_LANG[lang],
        "dir": "ltr",
        "start_url": f"/?lang={lang}",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f3f6f8",
        "theme_color": "#0b3b5c",
        "categories": ["navigation", "utilities"],
        "icons": icons,
        "shortcuts": [
            {"name": words["rider.chip_open"], "url": f"/?lang={lang}&open=now"},
            {"name": words["rider.need_water_hot"], "url": f"/?lang={lang}&need=water_hot"},
        ],
    }
    return json.dumps(described, ensure_ascii=False).encode("utf-8")
