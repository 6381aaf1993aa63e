"""Server tools: every file of this folder is a tool, every folder in it is what tools stand on."""
