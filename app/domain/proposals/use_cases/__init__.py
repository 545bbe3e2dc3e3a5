"""What people do with proposals: one transaction each."""
