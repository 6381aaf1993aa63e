"""Tests of local AWS."""
