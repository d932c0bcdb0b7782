"""What the requests of one process share: the services, what is counted, cached or running."""
