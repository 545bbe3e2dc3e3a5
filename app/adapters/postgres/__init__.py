"""PostgreSQL: the tables, the repositories on them, the unit of work, the queue."""
