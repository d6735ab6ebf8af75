"""Nothing is served that is not pinned, and nothing that is served names another place."""

import gzip
import hashlib
import json
import re

import brotli
import pytest

from web_map import assets

MANIFEST = json.loads((assets.FOLDER / "vendor" / "assets.json").read_text("utf-8"))
FOREIGN = re.compile(rb"""(?:url\(\s*['"]?|@import\s+['"]?|fetch\(['"]|\bsrc\s*=\s*['"])\s*((?:https?:)?//[^'")\s]+)""")


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["package"])
def test_every_vendored_file_is_the_pinned_one_and_has_its_licence(package):
    assert len((assets.FOLDER / "vendor" / package["licence_file"]).read_text("utf-8")) > 500
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    for name, pinned in package["files"].items():
        assert hashlib.sha256((assets.FOLDER / "vendor" / name).read_bytes()).hexdigest() == pinned


def test_every_file_in_the_folder_is_in_the_table():
    licences = {package["licence_file"] for package in MANIFEST["packages"]}
    pinned = {name for package in MANIFEST["packages"] for name in package["files"]}
    there = {path.relative_to(assets.FOLDER).as_posix() for path in assets.FOLDER.rglob("*") if path.is_file()}
    own = {part for parts in assets.BUNDLES.values() for part in parts if not part.startswith("../text/")}
    assert there == {f"vendor/{name}" for name in pinned | licences | {"assets.json"}} | own


def test_an_address_changes_with_its_content_and_finds_its_file():
    for asset in assets.every_asset():
        assert assets.digest(asset.body) in asset.path
        assert assets.lookup(asset.path) is asset
        assert asset.immutable


@pytest.mark.parametrize("path", ["", "rider.js", "../page.py", "vendor/assets.json", "vendor/leaflet/LICENSE", "nope"])
def test_a_path_outside_the_table_is_refused(path):
    with pytest.raises(assets.AssetNotFoundError):
        assets.lookup(path)


def test_compressed_forms_unpack_to_the_body_and_are_smaller():
    for asset in assets.every_asset():
        if asset.br is None or asset.gz is None:
            assert asset.media_type == "image/png"
            continue
        assert brotli.decompress(asset.br) == gzip.decompress(asset.gz) == asset.body
        assert len(asset.br) < len(asset.body)


def test_no_file_asks_another_origin():
    for asset in assets.every_asset():
        assert FOREIGN.findall(asset.body) == [], asset.path


def test_a_style_sheet_that_links_elsewhere_is_refused():
    with pytest.raises(assets.ExternalAsset, match=r"cdn\.example"):
        assets._with_local_pictures("vendor/x/x.css", b"a{background:url(//cdn.example/x.png)}", {})


def test_a_changed_vendored_file_stops_the_start(monkeypatch, tmp_path):
    (tmp_path / "vendor").mkdir()
    package = {"package": "p", "version": "1.0.0", "files": {"p.js": "0" * 64}}
    (tmp_path / "vendor" / "assets.json").write_text(json.dumps({"packages": [package]}))
    (tmp_path / "vendor" / "p.js").write_text("changed")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    with pytest.raises(assets.AssetChangedError, match=r"p 1\.0\.0"):
        list(assets._pinned_files())
