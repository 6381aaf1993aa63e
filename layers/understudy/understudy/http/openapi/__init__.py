"""The OpenAPI document of the API, generated from the models of bodies and responses."""
