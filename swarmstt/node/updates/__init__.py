"""A new version is noticed if a person wants that, and never fetched."""
