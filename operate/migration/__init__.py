"""Copies assistants, threads, files and vector stores from another server into a deployment."""
