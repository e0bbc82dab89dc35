"""One module for each endpoint: the answer to a valid body, the same every time."""
