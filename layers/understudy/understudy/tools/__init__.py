"""Server-side tools: each file in this folder is a tool; subfolders hold shared code."""
