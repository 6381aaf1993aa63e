"""The only code that knows AWS or OpenAI. Each adapter fits a port."""
