"""Backend of the INGENIUM alliance for joint micro-credentials, from proposal to sealed credential."""

__version__ = "0.1.0"
