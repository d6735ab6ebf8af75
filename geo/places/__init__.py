"""Facilities: what they are, when they open, what they offer, whom to believe."""
