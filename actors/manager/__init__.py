"""The JobManager actor and its parts, a file for each of its duties, all over one JobStore.

Only `job_manager.py` is an actor. The parts are plain objects that are created anew when it starts.
"""
