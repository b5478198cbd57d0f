"""Logs and metrics, the same three lines for every function. Records carry ids and states, never a secret."""

from aws_lambda_powertools import Logger

logger = Logger(service="showrunner")
