"""Where the next stations go: covering, medians, centres, each answer with a proven distance to the best."""
