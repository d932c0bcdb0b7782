"""Jobs over HTTP: status, lists, results, recordings, cancelling and retrying."""
