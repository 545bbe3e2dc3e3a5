"""Issuing, credentials, sharing and verification over HTTP."""
