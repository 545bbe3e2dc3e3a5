"""Behind the ports of issuing and verification: the pieces of `app.adapters.edc`, joined."""
