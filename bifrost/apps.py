from django.apps import AppConfig


class BifrostConfig(AppConfig):
    name = "bifrost"
