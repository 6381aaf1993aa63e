"""What Step Functions does and moto's interpreter leaves out: queries, waits, tokens, events."""
