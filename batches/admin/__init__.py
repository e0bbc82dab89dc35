"""Batches and their jobs, to be seen and acted on; the services alone write them."""

from batches.admin.batch import BatchAdmin
from batches.admin.deliveries import DeliveryAdmin
from batches.admin.job import JobAdmin
from batches.admin.outside import OutsideJobAdmin

__all__ = ["BatchAdmin", "JobAdmin", "OutsideJobAdmin"]
from batches.admin.webhooks import WebhookAdmin

__all__ = ["BatchAdmin", "DeliveryAdmin", "JobAdmin", "WebhookAdmin"]
