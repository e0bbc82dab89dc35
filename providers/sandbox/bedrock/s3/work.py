"""S3 has no work for workers."""

from collections.abc import Mapping

from providers.sandbox.orders import Obey, Order

WORK: Mapping[type[Order], Obey] = {}
