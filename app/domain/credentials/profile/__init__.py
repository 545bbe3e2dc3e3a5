"""The application profile of ELM that credentials keep to, and the judging by it."""
