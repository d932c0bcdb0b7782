"""Which piece goes to which worker when, and what follows from each outcome: pure rules."""
