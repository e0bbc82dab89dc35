"""Objects in the gateway's own store, by the names that clients give them: for every provider but Bedrock."""
