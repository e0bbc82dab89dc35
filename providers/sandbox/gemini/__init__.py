"""The batch side of the Gemini Developer API, simulated.

https://ai.google.dev/gemini-api/docs/batch-api
"""
