"""Enrolment: editions, registrations, and who gets a place.

Read in this order: `quota.py` (the rule), `ranking.py` (the order), `standing.py` (both together),
`decisions.py` (the log that proves it), `edition.py` and `registration.py` (what they apply to),
`allocation.py` (decisions one by one under the edition's lock), then `use_cases/`.
"""
