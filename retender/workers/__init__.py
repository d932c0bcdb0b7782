"""What the JobManager and its workers tell each other."""
