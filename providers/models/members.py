"""Who of the operators may do what in which workspace."""

from django.conf import settings
from django.db import models

from providers.models.workspaces import Workspace


class Membership(models.Model):
    """The role that a user has in a workspace. Who is in none sees what their groups let them see, of all."""

    class Role(models.TextChoices):
        VIEWER = "viewer", "viewer: sees jobs, and no record"
        OPERATOR = "operator", "operator: sees records, and acts on jobs"
        ADMINISTRATOR = "administrator", "administrator: keys, credentials and members as well"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=13, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["workspace", "user"]
        constraints = [models.UniqueConstraint(fields=["user", "workspace"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.workspace}"
