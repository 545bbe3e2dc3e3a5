"""Proposals: how partners agree on a micro-credential, from the first draft to publication.

`states.py` is the life of a proposal, `content.py` what is written in it, `checks/` what is missing
or wrong, `agreement.py` what others say about it. `proposal.py` is the aggregate, whose verbs of
deciding stand in `decisions.py`; `access.py` says who may do what now. The use cases stand in
`use_cases/` (`editing`, `agreeing`, `reviewing`, `reading`), what they need in `ports.py`.
"""
