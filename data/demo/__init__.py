"""The parts of the demo-city generator: land, areas, streets, villages, hosts, stations, and the files."""
