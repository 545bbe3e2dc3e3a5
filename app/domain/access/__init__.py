"""Who is asking, what has been granted to them, and what that allows."""
