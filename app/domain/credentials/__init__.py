"""From a confirmed result to a sealed European Digital Credential that anyone can verify.

Read in this order: `credential.py` and `batch.py` (the aggregates), `paths.py` (where each
certified field goes), `profile/` (the form that credentials keep to), `ports*.py`, then
`use_cases/`: `batches` prepares and approves, `issue` is the job, `keep` its transaction, `life`
what comes after.
"""
