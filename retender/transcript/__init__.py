"""Text with times: cutting a recording into chunks, merging their text, and writing files."""
