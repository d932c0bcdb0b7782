"""`retender watch-folder`: every recording that is put in a folder becomes text in another."""
