"""The credential as pages to read, around the sealed file itself."""
