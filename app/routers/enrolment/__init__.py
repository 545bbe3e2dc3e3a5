"""Editions, registrations, places and imports over HTTP."""
