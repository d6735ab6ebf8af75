"""
A private PostGIS with nothing to set up: found or fetched, made, started, and kept to one folder.

Standard library only, so that `run.py` can use the package client before anything is installed. Nothing happens at
import.

`servers` finds an installed PostgreSQL, `packages` unpacks one without root, `accounts` decides who runs it,
`cluster` makes, starts and stops it, `programs` runs the programs of all of them.
"""

from geo.store.cluster.cluster import APP_RO, APP_RW, OWNER, Cluster, ClusterStatus, private_database_url

__all__ = ["APP_RO", "APP_RW", "OWNER", "Cluster", "ClusterStatus", "private_database_url"]
