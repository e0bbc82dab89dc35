"""What clients created, what providers run for it, what happened when, and what it cost."""

from batches.models.batches import BATCH_TROUBLED, ENDED_AT, Batch, BatchQuerySet, Surface
from batches.models.due import DueQuerySet
from batches.models.events import BatchEvent, Heartbeat
from batches.models.finding import CustomIds, SavedFilter
from batches.models.jobs import JOB_TROUBLED, Job, JobQuerySet
from batches.models.ledger import Sample, Spend, UsageHour
from batches.models.outside import OutsideJob
from batches.models.webhooks import Delivery, Webhook

__all__ = [
    "BATCH_TROUBLED",
    "ENDED_AT",
    "JOB_TROUBLED",
    "Batch",
    "BatchEvent",
    "BatchQuerySet",
    "CustomIds",
    "Delivery",
    "DueQuerySet",
    "Heartbeat",
    "Job",
    "JobQuerySet",
    "OutsideJob",
    "Sample",
    "SavedFilter",
    "Spend",
    "Surface",
    "UsageHour",
    "Webhook",
]
