"""Certificates, timestamps and revocation: whom one may believe, and since when."""
