"""What people do with results: one transaction each."""
