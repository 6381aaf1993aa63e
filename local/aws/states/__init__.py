"""Step Functions beyond moto's interpreter: JSONata, waits, task tokens and history events."""
