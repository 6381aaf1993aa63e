"""OpenAI, or whoever speaks its API at `OPENAI_BASE_URL`. Only here is its SDK imported."""
