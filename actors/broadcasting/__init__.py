"""News of jobs on their way from the journal to those who follow them."""
