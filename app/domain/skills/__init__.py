"""ESCO in the life of the alliance: what a new version does to what was linked."""
