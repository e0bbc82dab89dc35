"""Requests that AWS's clients sign: whose key signed them, and whether it did."""
