"""What the planner's page weighs before anything is measured in a browser (`run.py bench pages` does that)."""

import brotli
import pytest

from api.responses import BEST_BROTLI_QUALITY
from web_map import assets
from web_map.page import HTML_LANG, planner_page

PAGE_KB = 72
"""The page with all it needs for the first figures; at 1.6 Mbps a third of a second."""

LATER_KB = 22
"""The scripts after the figures: measures, clusters, tour. Of 220 kB the rest is left for what a city says."""

LATER = ("measures.js", "tour.js", "vendor/markercluster/leaflet.markercluster.js", "icon.svg")


@pytest.mark.parametrize("lang", HTML_LANG)
def test_the_page_keeps_within_its_weight(lang):
    assert len(brotli.compress(planner_page(lang)[0], quality=BEST_BROTLI_QUALITY)) / 1000 < PAGE_KB


def test_what_comes_after_the_figures_keeps_within_its_own():
    files = [assets.lookup(assets.url(name).removeprefix(assets.PREFIX)) for name in LATER]
    assert sum(len(file.br or file.body) for file in files) / 1000 < LATER_KB
