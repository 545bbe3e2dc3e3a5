"""Many processes at one edition, with kills."""
