"""The wallets of Europass, over HTTP."""
