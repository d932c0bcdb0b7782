"""What is published, built and tried: `make release`."""
