"""The messages between the JobManager and its workers."""
