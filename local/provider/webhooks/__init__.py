"""Webhooks: endpoints and signed deliveries."""
