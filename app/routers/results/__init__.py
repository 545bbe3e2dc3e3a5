"""Results, corrections, and the links that lead learners to them, over HTTP."""
