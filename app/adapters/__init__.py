"""Adapters: one package per outside system, each translating its errors at its edge."""
