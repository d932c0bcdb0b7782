"""Jobs over HTTP: status, listing, results, waiting for the end."""
