"""Reference data in our own form: facts with their sources, read through `importlib.resources`."""
