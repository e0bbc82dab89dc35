"""A model of each provider, as its clients name it."""

MODELS = {
    "openai": "gpt-5-mini",
    "anthropic": "claude-opus-4-6",
    "gemini": "gemini-3-pro-preview",
    "bedrock": "anthropic.claude-opus-4-6-v1",
}
