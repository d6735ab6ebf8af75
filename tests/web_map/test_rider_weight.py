"""What the rider's page weighs before anything is measured in a browser (`run.py bench pages` does that)."""

import brotli
import pytest

from api.responses import BROTLI_QUALITY
from web_map import assets
from web_map.page import HTML_LANG, LATER_FILES, rider_page

FIRST_KB = 35
"""The page and its script: all that stands between a slow network and the first tap."""

WHOLE_KB = 75
"""With Leaflet and the map's script; of 110 kB the rest is left for the city, its districts and the answer."""


def sent_kb(name):
    asset = assets.lookup(assets.url(name).removeprefix(assets.PREFIX))
    return len(asset.br or asset.body) / 1000


@pytest.mark.parametrize("lang", HTML_LANG)
def test_the_page_and_its_files_keep_within_their_weight(lang):
    page_kb = len(brotli.compress(rider_page(lang)[0], quality=BROTLI_QUALITY)) / 1000
    first_kb = page_kb + sent_kb("rider.js") + sent_kb("icon.svg")
    assert first_kb < FIRST_KB
    assert first_kb + sum(map(sent_kb, LATER_FILES)) < WHOLE_KB


def test_what_is_not_there_at_first_is_not_linked_by_the_page():
    """Leaflet in the head would stand before the list; its addresses are data, and the script asks for them later."""
    head = rider_page("zh")[0].decode("utf-8").split("<body>")[0]
    for name in LATER_FILES:
        assert f'src="{assets.url(name)}"' not in head
        assert f'href="{assets.url(name)}"' not in head
        assert assets.url(name) in head
