"""One module for each method: the answer to a valid request, the same every time."""
