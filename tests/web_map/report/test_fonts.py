"""The font of reports is the one that was pinned, and shows what a Chinese register holds."""

import json

import pytest

from data.qingdao import DISTRICTS, STREETS
from web_map import assets
from web_map.page import texts
from web_map.report import fonts


def test_the_font_is_pinned_and_comes_with_its_licence():
    pinned = json.loads((fonts.FOLDER / "fonts.json").read_text("utf-8"))
    assert set(pinned["files"]) == {"NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf", "OFL.txt"}
    assert "SIL Open Font License" in (fonts.FOLDER / "OFL.txt").read_text("utf-8")
    assert sum(path.stat().st_size for path in fonts.FOLDER.glob("*.ttf")) < 5_000_000


def test_another_font_stops_the_report(monkeypatch, tmp_path):
    (tmp_path / "fonts.json").write_bytes((fonts.FOLDER / "fonts.json").read_bytes())
    (tmp_path / "NotoSansSC-Regular.ttf").write_bytes(b"no font")
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    fonts.font_path.cache_clear()
    with pytest.raises(assets.AssetChangedError, match="NotoSansSC-Regular"):
        fonts.font_path("regular")
    fonts.font_path.cache_clear()


def test_it_shows_every_text_of_reports_and_every_gb2312_character():
    for lang in ("zh", "en"):
        said = "".join(text for key, text in texts(lang).items() if key.startswith("report."))
        assert {one for one in said if fonts.boxes(one)} == set()
    assert fonts.boxes("".join(area.name for area in (*DISTRICTS, *STREETS))) == 0
    hanzi = [bytes([high, low]).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)]
    assert fonts.boxes("".join(hanzi)) == 0


def test_what_it_lacks_is_a_box_and_breaks_are_blanks():
    assert fonts.showable("驿\n站😀㙦\u202e\x00") == "驿 站" + fonts.BOX * 4
    assert fonts.boxes("驿\n站😀㙦\u202e\x00") == 4
