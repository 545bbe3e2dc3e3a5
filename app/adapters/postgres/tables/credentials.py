"""Tables of credentials."""
