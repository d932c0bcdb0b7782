"""What every request passes through: ids, limits of bodies, headers, errors, the access log."""
