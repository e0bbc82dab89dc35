"""A window on the clients' own buckets, for Bedrock.

What others put there is seen, what is put here is there.
"""

from gateway.s3.window import lists, objects, parts

OPERATIONS = objects.OPERATIONS | lists.OPERATIONS | parts.OPERATIONS
