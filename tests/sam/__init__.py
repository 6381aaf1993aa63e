"""What needs built artifacts: `make package-check` and `make sam-test`."""
