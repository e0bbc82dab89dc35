"""The surface that Anthropic's SDK sees."""
