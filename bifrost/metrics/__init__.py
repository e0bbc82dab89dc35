"""What Prometheus reads at `/metrics`: of the whole installation, whichever process is asked.

https://prometheus.io/docs/practices/naming/
"""
