"""Backend for the joint micro-credentials of the INGENIUM alliance, from proposal to seal."""

__version__ = "0.1.0"
