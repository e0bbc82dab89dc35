"""OpenAI's Files and Batch APIs, simulated.

https://platform.openai.com/docs/api-reference/batch
"""
