"""Starting children, restarting those that die, stopping them in order."""
