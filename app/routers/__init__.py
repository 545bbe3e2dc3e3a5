"""The HTTP side: each operation translates in, calls one use case, and translates out."""
