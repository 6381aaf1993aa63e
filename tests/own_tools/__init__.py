"""An operator's own tools: files in the tools folder, and a Lambda function."""
