"""The project: settings, routes, the worker and the web process. Wiring only."""
