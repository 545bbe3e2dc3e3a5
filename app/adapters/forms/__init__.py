"""Microsoft Forms: reading what it exports, and telling how like two names are."""
