"""The whole system on one machine: stand-ins for AWS and for OpenAI, and what drives them."""
