"""The OpenAPI document of the whole API, made from the models that bodies are read with."""
