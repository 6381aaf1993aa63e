"""A stand-in for OpenAI: a real HTTP server that speaks its API as a provider.

It answers `/v1/responses` (background and synchronous), `/v1/chat/completions`, `/v1/files`,
`/v1/uploads`, `/v1/containers`, `/v1/vector_stores`, `/v1/models` and `/v1/webhook_endpoints` with
OpenAI's objects, statuses and error texts, and it is driven through `/_control`. Its "model" is a
small deterministic brain that sees nothing but the input of the request.

Run it with `python -m local.provider`, or from Python with
`local.provider.process.ProviderProcess`.
"""
