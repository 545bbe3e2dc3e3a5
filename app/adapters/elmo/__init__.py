"""Transcripts in ELMO 1.7, the XML in which EMREX carries results between institutions."""
