"""The demonstration: the whole journey over HTTP, as the people in it would go it."""
