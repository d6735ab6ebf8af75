"""The ten-minute circle: who is inside, who is outside, and where."""
