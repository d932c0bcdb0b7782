"""Settings and machine turned into the parts that a service is made of."""
