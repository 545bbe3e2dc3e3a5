"""What a credential says: ELM v3 in JSON-LD, and whether its form is right."""
