"""Starts the processes of an installation, watches them and stops them."""
