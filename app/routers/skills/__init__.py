"""ESCO's skills and occupations over HTTP."""
