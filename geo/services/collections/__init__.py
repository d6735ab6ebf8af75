"""
The collections a GIS can ask for: what each is called, what its features know, how they are made.

From the snapshot, in memory: stations, districts, sub-districts, roads, service areas of grid workstations, hosts that
could take a station in. From the system of record, one pair for every stored run: its cells and its gaps, which never
change once written.
"""

from geo.services.collections.catalogue import (
    Collection,
    CollectionNotFoundError,
    collection,
    collections_in_memory,
    collections_of_runs,
)

__all__ = ["Collection", "CollectionNotFoundError", "collection", "collections_in_memory", "collections_of_runs"]
