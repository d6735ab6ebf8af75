"""Tiny OSM extracts, drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

Tags = Mapping[str, str]
LON, LAT = 120.30, 36.10
STEP = 0.001
"""One step of the drawing grid in degrees: 90 m east, 111 m north."""


def write_osm(
    path: Path,
    *,
    nodes: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[int, Sequence[int], Tags]] = (),
    relations: Sequence[tuple[int, Sequence[tuple[str, int, str]], Tags]] = (),
    node_tags: Mapping[int, Tags] | None = None,
) -> Path:
    """Write an extract. Nodes stand on a grid of steps from (120.30, 36.10); ways are (id, node ids, tags)."""
    tags = node_tags or {}
    with osmium.SimpleWriter(str(path)) as writer:
        for node_id, (x, y) in sorted(nodes.items()):
            place = (LON + STEP * x, LAT + STEP * y)
            writer.add_node(Node(id=node_id, location=place, tags=tags.get(node_id, {}), version=1))
        for way_id, refs, way_tags in ways:
            writer.add_way(Way(id=way_id, nodes=list(refs), tags=dict(way_tags), version=1))
        for relation_id, members, relation_tags in relations:
            writer.add_relation(Relation(id=relation_id, members=list(members), tags=dict(relation_tags), version=1))
    return path


def small_town(path: Path) -> Path:
    """
    A town of two districts on a grid of streets, with everything an import looks at.

    Nodes 1 to 25 are a square of five by five, one step apart; rows run east, columns north.
    """
    nodes: dict[int, tuple[float, float]] = {5 * y + x + 1: (x, y) for y in range(5) for x in range(5)}
    rows = [(10 + y, [5 * y + x + 1 for x in range(5)], {"highway": "residential"}) for y in range(5)]
    columns = [(20 + x, [5 * y + x + 1 for y in range(5)], {"highway": "tertiary"}) for x in range(5)]
    named = {"name": "香港中路", "name:en": "Hong Kong Middle Road"}
    rows[2] = (rows[2][0], rows[2][1], {"highway": "primary", **named})

    # corners of two districts side by side, and of one that does not close
    nodes |= {101: (-1, -1), 102: (2.5, -1), 103: (6, -1), 104: (6, 6), 105: (2.5, 6), 106: (-1, 6), 107: (9, 9)}
    borders = [
        (201, [102, 105], {}),
        (202, [105, 106, 101, 102], {}),
        (203, [102, 103, 104, 105], {}),
        (204, [104, 107], {}),
    ]
    district = {"type": "boundary", "boundary": "administrative", "admin_level": "6"}
    relations = [
        (301, [("w", 201, "outer"), ("w", 202, "outer")], {**district, "name": "市南区", "ref": "370202"}),
        (302, [("w", 203, "outer"), ("w", 201, "outer")], {**district, "name": "市北区", "name:en": "Shibei"}),
        (303, [("w", 204, "outer")], {**district, "name": "开口区"}),
    ]
    quarter = [
        (401, [101, 102, 105, 106, 101], {"boundary": "administrative", "admin_level": "8", "name": "云南路街道"})
    ]

    nodes |= {501: (0.5, 0.2), 502: (1.5, 0.2), 503: (2.0, 2.2), 504: (2.2, 2.2), 505: (2.2, 2.4)}
    node_tags: dict[int, Tags] = {
        501: {"amenity": "toilets", "name": "公厕一号"},
        502: {"amenity": "toilets", "access": "private"},
    }
    park = [(601, [503, 504, 505, 503], {"leisure": "park", "name": "小鱼山公园"})]
    return write_osm(
        path,
        nodes=nodes,
        ways=[*rows, *columns, *borders, *quarter, *park],
        relations=relations,
        node_tags=node_tags,
    )
