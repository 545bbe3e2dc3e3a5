"""What people do in enrolment: one transaction each."""
