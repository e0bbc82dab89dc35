"""Batches and their jobs, to be seen and acted on; the services alone write them. And who is told of them."""

from batches.admin.batch import BatchAdmin
from batches.admin.deliveries import DeliveryAdmin
from batches.admin.job import JobAdmin
from batches.admin.outside import OutsideJobAdmin
from batches.admin.webhooks import WebhookAdmin

__all__ = ["BatchAdmin", "DeliveryAdmin", "JobAdmin", "OutsideJobAdmin", "WebhookAdmin"]
