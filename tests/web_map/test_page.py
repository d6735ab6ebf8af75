"""The pages are whole in both languages, the same for everybody, and their policy knows only their own scripts."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from web_map import assets
from web_map.page import HTML_LANG, UnknownLanguageError, planner_page, rider_page, texts

PACKAGE = Path(assets.__file__).parent
PAGES = [(page, lang) for page in (rider_page, planner_page) for lang in HTML_LANG]
SOURCES = [
    *sorted((PACKAGE / "templates").glob("*.html")),
    *(
        PACKAGE / "assets" / part
        for parts in assets.BUNDLES.values()
        for part in parts
        if part.endswith(".js") and not part.startswith("vendor/")
    ),
]
KEY = re.compile(r"""(?<![\w.])t\(\s*(['"])([a-z_.]+)\1""")
SCRIPT = re.compile(r"(<script\b[^>]*>).*?(</script>)", re.DOTALL)
LEAFLET = assets.text("vendor/leaflet/leaflet.js")
NAMESPACE = "http://www.w3.org/2000/svg"
CALL = re.compile(r"(?<![\w.])t\((?!key, values\))")


KEY_IN_PYTHON = re.compile(r"""\bt\(\s*"((?:report|station|browse|common)\.[a-z_]+)\"""")
"""Reports, notebooks and the pages of stations are written by Python itself."""


def used_keys():
    written = [
        *sorted((PACKAGE / "report").glob("*.py")),
        *(PACKAGE / f"{name}.py" for name in ("browse", "notebook", "station")),
    ]
    by_python = {key for path in written for key in KEY_IN_PYTHON.findall(path.read_text("utf-8"))}
    return by_python | {key for source in SOURCES for _, key in KEY.findall(source.read_text("utf-8"))}


def test_both_languages_have_the_same_texts_and_none_is_empty():
    assert texts("zh").keys() == texts("en").keys()
    assert [key for lang in HTML_LANG for key, text in texts(lang).items() if not text.strip()] == []


def test_every_text_used_exists_and_every_text_is_used():
    assert used_keys() == texts("zh").keys()


def test_no_script_makes_a_key_out_of_parts():
    """Otherwise the test above could not see what is used."""
    for source in SOURCES:
        text = source.read_text("utf-8")
        assert len(CALL.findall(text)) == len(KEY.findall(text)), source.name


def test_both_languages_fill_in_the_same_values():
    values = re.compile(r"\{(\w+)\}")
    for key, text in texts("zh").items():
        assert sorted(set(values.findall(text))) == sorted(set(values.findall(texts("en")[key]))), key


def test_an_unknown_language_is_refused():
    with pytest.raises(UnknownLanguageError, match="fr"):
        rider_page("fr")


@pytest.mark.parametrize(("page", "lang"), PAGES)
def test_a_page_says_its_language_and_lets_people_zoom(page, lang):
    html = page(lang)[0].decode("utf-8")
    assert f'<html lang="{HTML_LANG[lang]}"' in html
    assert re.search(r"<title>[^<]{4,}</title>", html)
    assert 'content="width=device-width, initial-scale=1, viewport-fit=cover"' in html
    assert html.count('name="viewport"') == 1
    assert "user-scalable" not in html
    assert html.count("<h1") == html.count("<main") == 1


@pytest.mark.parametrize(("page", "lang"), PAGES)
def test_a_page_links_only_to_files_that_are_served(page, lang):
    html = page(lang)[0].decode("utf-8").replace(LEAFLET, "").replace(NAMESPACE, "")
    assert re.findall(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}""", html) == []
    links = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)
    assert assets.url("icon.svg") in links
    assert any(link.endswith(".js") for link in links)
    for link in links:
        assets.lookup(link.removeprefix(assets.PREFIX))


@pytest.mark.parametrize(("page", "lang"), PAGES)
def test_a_page_has_no_inline_handler_and_no_inline_style(page, lang):
    html = page(lang)[0].decode("utf-8")
    assert re.findall(r"<[^>]+\s(?:on\w+|style)=", SCRIPT.sub(r"\1\2", html)) == []
    assert "javascript:" not in html.replace(LEAFLET, "")


@pytest.mark.parametrize(("page", "lang"), PAGES)
def test_the_policy_allows_exactly_the_scripts_of_the_page(page, lang):
    html, policy = page(lang)
    inline = re.findall(r"<script>(.*?)</script>", html.decode("utf-8"), re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline}
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert set(re.findall(r"'sha256-([^']+)'", scripts)) == hashes
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_the_planners_page_waits_for_no_file():
    """Every file it had to ask for would be a round trip before the first figure."""
    html = planner_page("zh")[0].decode("utf-8")
    assert re.findall(r"<(?:script[^>]* src|link[^>]* rel=.stylesheet)", SCRIPT.sub(r"\1\2", html)) == []
    order = ["fetch(", "<style>", "<main", LEAFLET[:200], "L.H3Lattice=", "L.map(", "const Desk="]
    assert [html.index(part) for part in order] == sorted(html.index(part) for part in order)


def test_pages_are_the_same_bytes_in_every_process():
    """Random ids would change the hashes of the policy at every start, and no page could be cached."""
    ask = "from web_map.page import *; import hashlib; print(hashlib.sha256(planner_page('zh')[0]).hexdigest())"
    answers = {subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True).stdout for _ in range(2)}
    assert answers == {hashlib.sha256(planner_page("zh")[0]).hexdigest().encode() + b"\n"}


def test_the_texts_in_a_page_cannot_end_their_script():
    data = re.search(r'<script id="page-data"[^>]*>(.*?)</script>', rider_page("zh")[0].decode(), re.DOTALL)
    assert data is not None
    assert "<" not in data.group(1)
    assert json.loads(data.group(1))["lang"] == "zh"


@pytest.mark.parametrize("lang", HTML_LANG)
def test_a_family_of_texts_lies_in_the_file_of_its_name(lang):
    for path in (PACKAGE / "text" / lang).glob("*.json"):
        assert {key.split(".")[0] for key in json.loads(path.read_text("utf-8"))} == {path.stem}
