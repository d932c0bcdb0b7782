"""For those who run the service: health, metrics, models, the queue."""
