"""JAdES seals: made, opened, and what stands beside the signature (ETSI TS 119 182-1)."""
