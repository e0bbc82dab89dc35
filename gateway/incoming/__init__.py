"""Providers tell that a job has changed, so that nobody waits for the next poll."""
