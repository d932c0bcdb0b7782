"""Files: uploads and working files, on a disk or in an object store."""
