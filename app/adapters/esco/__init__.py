"""ESCO behind the `Skills` port: a set that is built in, held in memory."""
