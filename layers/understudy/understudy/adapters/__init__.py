"""The only code that uses AWS's or OpenAI's SDK."""
