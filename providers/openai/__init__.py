"""OpenAI: its dialect and its upstream."""
