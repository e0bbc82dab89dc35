"""Simulated providers in a process of their own; nothing of the gateway is imported here."""
