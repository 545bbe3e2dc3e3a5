"""Results: grades, their confirmation by a second person, the learner's answer to them, and the
data that the learner confirms for the credential.

Read in this order: `grading.py` (what a grade says), `result.py` (one learner's result),
`moves.py` (what is open in which state of the edition), `credential_data.py`, `links.py` (how
people without an account act), `ports.py`, then `use_cases/`: `entering.py` for teachers and
confirmers, `learner.py`, `links.py`.
"""
