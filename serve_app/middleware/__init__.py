"""What every request passes through: ids, limits, headers, errors, the access log."""
