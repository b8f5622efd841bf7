"""The tray: an icon that shows what this PC's node does, and the few things a person wants of it at once."""
