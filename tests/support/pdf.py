"""The words of a PDF as a reader finds them: page by page, through the fonts' own tables of characters."""

from __future__ import annotations

import re
import zlib

OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
SHOWN = re.compile(
    rb"/F(\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) ?Tj|<([0-9A-Fa-f]+)> ?Tj|(?:^|\s)(T\*|Td|ET)(?=\s|$)", re.DOTALL
)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(pdf: bytes) -> list[str]:
    """The text of every page, one line per piece of text that was set."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b", body)]
    fonts = {name: characters(objects, number) for name, number in font_objects(objects).items()}
    return [words(stream_of(objects[int(re.search(rb"/Contents (\d+) 0 R", page)[1])]), fonts) for page in pages]


def font_objects(objects: dict[int, bytes]) -> dict[int, int]:
    """The object of every font by its number on the pages."""
    named = {}
    for body in objects.values():
        for dictionary in re.findall(rb"/Font <<(.*?)>>", body, re.DOTALL):
            named |= {int(name): int(number) for name, number in re.findall(rb"/F(\d+) (\d+) 0 R", dictionary)}
    return named


def characters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    """Which character every code of a font stands for."""
    table = stream_of(objects[int(re.search(rb"/ToUnicode (\d+) 0 R", objects[font])[1])])
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\s*(?=\n|$)", table)
    }


def stream_of(body: bytes) -> bytes:
    """The contents of an object."""
    found = STREAM.search(body)
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def words(content: bytes, fonts: dict[int, dict[int, str]]) -> str:
    """The text that a page's instructions set."""
    lines, font = [], {}
    for name, plain, coded, _ in SHOWN.findall(content):
        if name:
            font = fonts[int(name)]
        raw = bytes.fromhex(coded.decode()) if coded else unescaped(plain)
        codes = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
        if codes:
            lines.append("".join(font[code] for code in codes))
    return "\n".join(lines)


def unescaped(text: bytes) -> bytes:
    """A literal string without its escapes."""
    return re.sub(rb"\\(.)", lambda one: ESCAPES.get(one[1], one[1]), text, flags=re.DOTALL)
