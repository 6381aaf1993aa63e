"""Webhook endpoints and the signed deliveries to them."""
