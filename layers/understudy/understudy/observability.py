"""Logs and metrics, the same for every function. Ids are logged; contents and keys never are."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="understudy")
metrics = Metrics(namespace="Understudy", service="understudy")
