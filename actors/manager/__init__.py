"""The JobManager's desks: each sees to one of its affairs, over the one ledger.

None is an actor: they share the manager's life, and are made anew with it.
"""
