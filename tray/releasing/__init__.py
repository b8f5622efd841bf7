"""What makes the packages that people install, and what lies beside them. Not part of any of them."""
