"""Every port in memory: for tests, and for a first look without a database."""
