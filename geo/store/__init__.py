"""PostGIS. Queries live here and nowhere else."""
