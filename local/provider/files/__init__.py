"""Files, uploads in parts, and the containers of code interpreter. All bytes are on disk."""
