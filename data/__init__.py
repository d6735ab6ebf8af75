"""Typed facts of Qingdao, declared figures with their quotes, register templates and the demo-city generator."""
