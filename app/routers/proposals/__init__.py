"""Proposals and what is published over HTTP."""
