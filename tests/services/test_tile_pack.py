from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.services.tile_pack import TilePack, TilePackError, tile_key, write_pack

PLACES = st.integers(0, 18).flatmap(lambda z: st.tuples(st.just(z), *[st.integers(0, (1 << z) - 1)] * 2))


@given(PLACES, PLACES)
def test_every_place_has_its_own_key_and_zooms_come_in_order(one, other):
    assert (tile_key(*one) == tile_key(*other)) == (one == other)
    if one[0] < other[0]:
        assert tile_key(*one) < tile_key(*other)


def test_tiles_come_back_and_parts_of_one_place_are_put_together(tmp_path):
    folder = tmp_path / "tiles-a"
    write_pack(
        folder, "a", [(tile_key(3, 5, 2), b"roads"), (tile_key(2, 1, 1), b"land"), (tile_key(3, 5, 2), b"names")]
    )
    pack = TilePack.open(folder)
    assert len(pack) == 2
    assert pack.version == "a"
    assert gzip.decompress(pack.tile(3, 5, 2)) == b"roadsnames"
    assert gzip.decompress(pack.tile(2, 1, 1)) == b"land"


@pytest.mark.parametrize("place", [(3, 5, 3), (0, 0, 0), (18, 0, 0), (2, 4, 0), (2, -1, 0), (40, 1, 1)])
def test_a_place_without_a_tile_is_empty(tmp_path, place):
    write_pack(tmp_path / "t", "a", [(tile_key(3, 5, 2), b"roads")])
    assert TilePack.open(tmp_path / "t").tile(*place) is None


def test_a_pack_of_nothing_can_be_opened(tmp_path):
    write_pack(tmp_path / "t", "a", [])
    assert TilePack.open(tmp_path / "t").tile(0, 0, 0) is None


def test_a_damaged_pack_is_refused(tmp_path):
    with pytest.raises(TilePackError, match="no whole map tiles"):
        TilePack.open(tmp_path / "t")
    write_pack(tmp_path / "t", "a", [(tile_key(3, 5, 2), b"roads")])
    (tmp_path / "t" / "tiles.bin").write_bytes(b"")
    with pytest.raises(TilePackError):
        TilePack.open(tmp_path / "t")


def test_nothing_is_left_of_a_pack_that_could_not_be_written(tmp_path):
    def tiles():
        yield tile_key(3, 5, 2), b"roads"
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        write_pack(tmp_path / "t", "a", tiles())
    assert list(tmp_path.iterdir()) == []
