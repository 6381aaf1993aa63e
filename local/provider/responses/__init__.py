"""The Responses API: requests, stored responses and their life."""
