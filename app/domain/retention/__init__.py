"""How long data about people are kept, and how they go.

`rules.py` says what kinds of data there are and from when their period runs, `ports.py` what the
store has to do, `use_cases.py` erases what is due and what a person asks to be erased.
"""
