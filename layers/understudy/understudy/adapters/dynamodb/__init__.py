"""The DynamoDB table: keys are in `keys.py`, each kind of object has a module."""
