from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "gateway"

    def ready(self) -> None:
        # Models are there only now.
        from files.buckets import Bucket  # noqa: PLC0415
        from gateway.turns import stepping_aside  # noqa: PLC0415

        Bucket.waiting = staticmethod(stepping_aside)
