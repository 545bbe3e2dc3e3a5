"""European Digital Credentials: building, sealing, checking and picturing them.

Pure code without database; the network only where somebody is asked on purpose (`pki/fetching.py`).
From the bottom up: `elm/` writes and judges the document, `pki/` knows certificates and timestamps,
`seal/` makes and opens JAdES seals, and on top stand `image/` (what a credential looks like) and
`verification/` (what can be said of anybody's). `make check` keeps the order.
"""
