"""European Digital Credentials: building, sealing, checking and picturing them.

Pure code without database and without network.
"""
