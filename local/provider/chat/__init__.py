"""Chat completions: each is a response that is asked for and shown in another form."""
