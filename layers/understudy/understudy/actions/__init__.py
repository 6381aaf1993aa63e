"""What several functions do in the same way. Everything outside comes in as a port."""
