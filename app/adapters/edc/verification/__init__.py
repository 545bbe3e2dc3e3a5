"""Checks of a credential that anybody presents, and the files it may come in."""
