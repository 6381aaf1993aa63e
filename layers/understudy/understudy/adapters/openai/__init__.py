"""The model's provider: OpenAI, or a compatible API at `OPENAI_BASE_URL`. Uses OpenAI's SDK."""
