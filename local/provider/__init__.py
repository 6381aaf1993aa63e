"""A fake provider: an HTTP server in this process that speaks OpenAI's API.

It serves responses (synchronous, background, streamed), chat completions, files, uploads,
containers, vector stores, models and webhook endpoints with OpenAI's objects, statuses and error
texts. A small test model answers, unless a test scripts the answer. `server.FakeProvider` runs it,
`control.ControlClient` scripts it; `local/README.md` shows how.
"""
