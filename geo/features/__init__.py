"""
Features as a GIS asks for them: tables of typed columns with shapes, filtered, sorted and paged in memory.

`table` holds what a collection is, `expressions` reads CQL2, `predicate` evaluates it over whole columns with unknown
kept apart from false, `paging` cuts pages that neither lose nor repeat a feature under any sort, `crs` knows the
reference systems and whose latitude comes first. Nothing here knows HTTP or the database.
"""
