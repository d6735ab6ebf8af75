"""One module per group of endpoints: parse, ask, answer."""
