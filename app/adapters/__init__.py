"""The outside world behind the ports: databases, mail, seals, files, identity providers."""
