"""variant."""
