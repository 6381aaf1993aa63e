"""The Responses API: requests, the life of responses, their events and usage."""
