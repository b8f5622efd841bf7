"""The node: the one place that builds the rooms and joins them."""
