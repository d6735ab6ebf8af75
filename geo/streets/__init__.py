"""The street network and travel time on it."""
