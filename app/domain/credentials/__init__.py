"""From a confirmed result to a sealed European Digital Credential that anyone can verify."""
