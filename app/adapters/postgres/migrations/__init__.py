"""Migrations. Each takes a lock timeout, so that a busy table is given up on and not waited for."""
