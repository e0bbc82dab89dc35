"""A simulated Anthropic: message batches and files.

https://platform.claude.com/docs/en/api/messages/batches
"""
