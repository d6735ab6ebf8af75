"""
A folium figure as one file: every script, style and picture inside it, nothing to fetch, nowhere to go.

The page carries its own Content-Security-Policy, because a file on a disk has no server that could send one: it names
the scripts and styles we rendered by their hashes, and lets nothing load but what the file itself holds.
"""

from __future__ import annotations

import re

from branca.element import CssLink, Figure, JavascriptLink
from jinja2 import Template
from markupsafe import Markup

from web_map import assets
from web_map.figure import hash_source, local_address, refuse_raw_text
from web_map.report.elements import data_address

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_ASSET_URL = re.compile(rf"url\({re.escape(assets.PREFIX)}([^)]+)\)")


class OneFileFigure(Figure):
    """
    A figure whose page needs nothing beside itself.

    `frame` is a Jinja template that places `policy`, `styles`, `scripts` (before the map), `body` and `script` (the map
    and what comes after), and gets `texts` besides. Render it once.
    """

    def __init__(self, frame: Template, *, styles: list[str], scripts: list[str], **texts: object) -> None:
        super().__init__()
        self.header._children.clear()  # branca's own encoding tag; the frame has one
        self._frame, self._texts = frame, texts
        self._styles, self._scripts = styles, scripts

    def rendered(self) -> tuple[str, str]:
        """
        The page, and the policy it carries.

        Raises
        ------
        ExternalAsset
            An element links to an address that is not in the table of local files.
        RawTextElementError
            An element would print text unescaped.
        """
        refuse_raw_text(self)
        for child in list(self._children.values()):
            child.render()
        links = [one for one in self.header._children.values() if isinstance(one, JavascriptLink | CssLink)]
        others = [one for one in self.header._children.values() if not isinstance(one, JavascriptLink | CssLink)]
        head = "\n".join(one.render() for one in others)
        styles = [_inert(one) for one in (*_bodies(links, CssLink), *_STYLE.findall(head), *self._styles)]
        scripts = [_inert(one) for one in (*_SCRIPT.findall(head), *_bodies(links, JavascriptLink))]
        last = [_inert(one) for one in (self.script.render(), *self._scripts)]
        policy = one_file_policy([*scripts, *last], styles)
        page = self._frame.render(
            policy=policy,
            styles=[Markup(one) for one in styles],
            scripts=[Markup(one) for one in scripts],
            body=Markup(self.html.render()),
            last=[Markup(one) for one in last],
            **self._texts,
        )
        return page, policy


def one_file_policy(scripts: list[str], styles: list[str]) -> str:
    """A policy under which just these scripts and styles work, and nothing is loaded from anywhere."""
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src", *map(hash_source, scripts)]),
            " ".join(["style-src", *map(hash_source, styles)]),
            "img-src data: blob:",
            "connect-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _bodies(links: list[JavascriptLink | CssLink], kind: type[JavascriptLink | CssLink]) -> list[str]:
    """What links of a kind lead to, in their order; those that are not needed are left out."""
    addresses = [local_address(link.url) for link in links if isinstance(link, kind)]
    bodies = [assets.lookup(one.removeprefix(assets.PREFIX)).body.decode("utf-8") for one in addresses if one]
    return [_with_pictures(body) for body in bodies]


def _with_pictures(body: str) -> str:
    """A style sheet with its pictures inside it; scripts have none and stay as they are."""

    def held(match: re.Match[str]) -> str:
        picture = assets.lookup(match.group(1))
        return f"url({data_address(picture.body, picture.media_type)})"

    return _ASSET_URL.sub(held, body)


def _inert(text: str) -> str:
    """
    A script or style that cannot end its element: what looks like an end tag is written with an escape.

    With plain line ends, because those are what a browser hashes.
    """
    return text.replace("\r\n", "\n").replace("</", "<\\/").replace("<!--", "<\\!--")
