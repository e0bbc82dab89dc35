"""Objects in the gateway's own store, by the names that clients give them: for every provider but Bedrock."""

from gateway.s3.own import lists, objects, parts

OPERATIONS = objects.OPERATIONS | lists.OPERATIONS | parts.OPERATIONS
