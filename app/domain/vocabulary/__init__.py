"""The field's value objects, shared by all capabilities."""
