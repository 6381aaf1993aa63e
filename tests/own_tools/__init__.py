"""A deployment with its own tools: files in the tools folder and a Lambda function."""
