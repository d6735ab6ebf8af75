"""The immutable read model of a city: built from PostGIS and the street graph, kept on disk, held in memory."""

from geo.snapshot.masks import FacilityFilter, FacilityMasks
from geo.snapshot.model import City, DemandLayer, ModeLayer, Snapshot

__all__ = ["City", "DemandLayer", "FacilityFilter", "FacilityMasks", "ModeLayer", "Snapshot"]
