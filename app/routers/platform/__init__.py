"""What every part shares over HTTP: identity, jobs, lists, retention, problems."""
