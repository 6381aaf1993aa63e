"""What runs in the processes that stand for Lambda's own: it imports nothing of this repository."""
