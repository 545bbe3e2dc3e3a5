"""What people do with credentials: one transaction each."""
