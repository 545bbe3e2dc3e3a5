"""Tables of enrolment."""
