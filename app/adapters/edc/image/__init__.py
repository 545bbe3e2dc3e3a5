"""How a credential looks: the pages inside it and their branding."""
