"""Batches and their jobs, to be seen and acted on; the services alone write them."""

from batches.admin.batch import BatchAdmin
from batches.admin.job import JobAdmin
from batches.admin.outside import OutsideJobAdmin

__all__ = ["BatchAdmin", "JobAdmin", "OutsideJobAdmin"]
