"""Responses of Microsoft Forms: read, judged row by row, and imported as one step.

`mapping.py` says how a form's questions are read, `responses.py` turns rows into responses,
`plan.py` judges them without changing anything, `imports.py` is the import as it is kept.
"""
