"""Text with times: planned in chunks, merged, cut into sentences, written as files."""
