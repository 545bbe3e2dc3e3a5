"""The speed of enrolment beside what the machine does at best.

The method is that of the other benchmarks (docs/decisions/0060-benchmarks.md); what is measured
here, and how to read it, stands in docs/decisions/0090-speed-of-enrolment.md.
"""
