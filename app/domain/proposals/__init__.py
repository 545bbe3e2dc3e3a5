"""Proposals: how partners agree on a micro-credential, from the first draft to publication.

`proposal.py` is the aggregate, `states.py` its life, `content.py` what is written in it,
`checks/` what is missing or wrong, `agreement.py` who has said what about it. The use cases stand
in `editing.py`, `agreeing.py`, `reviewing.py` and `reading.py`.
"""
