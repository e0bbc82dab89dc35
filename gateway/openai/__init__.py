"""The surface that OpenAI's SDK sees."""
