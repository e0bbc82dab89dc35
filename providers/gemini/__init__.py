"""Google's Gemini, by the Gemini Developer API."""
