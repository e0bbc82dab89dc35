"""Who may use the admin itself, and who tried to."""

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from bifrost.trail import AuditEventAdmin
from providers import cells
from providers.console import ConsoleAdmin, ReadOnlyAdmin

__all__ = ["AuditEventAdmin", "GroupAdmin", "UserAdmin"]

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], ConsoleAdmin):
    workspace_path = None
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "sees", "last", "state"]
    list_filter = ["is_active", "is_superuser", "groups"]
    search_help_text = "Name or address"

    @admin.display(description="sees and does")
    def sees(self, user: User) -> SafeString:
        """As the roles have it: who is a member of workspaces sees those alone, whatever their groups say."""
        if user.is_superuser:
            return cells.label("everything")
        members = [f"{one.role} of {one.workspace}" for one in user.memberships.all()]
        groups = [f"{one} of all workspaces" for one in user.groups.all()]
        return cells.stacked(*(members or groups)) if members or groups else cells.NONE

    @admin.display(description="last log-in")
    def last(self, user: User) -> SafeString:
        return cells.ago(user.last_login) if user.last_login else cells.faint("never")

    @admin.display(description="may log in")
    def state(self, user: User) -> SafeString:
        may = user.is_active and user.is_staff
        return cells.label("yes", "good") if may else cells.label("no")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("memberships__workspace", "groups")


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ConsoleAdmin):
    workspace_path = None


@admin.register(AccessAttempt)
class FailedLoginAdmin(ReadOnlyAdmin):
    """Failures that still count. To delete them is to let somebody try again at once."""

    workspace_path = None
    when_empty = "Failures count for a few minutes. Nobody is locked out now."
    list_display = ["last", "address", "name", "failures", "browser"]
    list_filter = []
    search_fields = ["username", "ip_address"]
    search_help_text = "Name or address"
    fieldsets = [(None, {"fields": ["last", "address", "name", "failures", "browser"]})]
    readonly_fields = ["last", "address", "name", "failures", "browser"]

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return self._may(request, "delete")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessAttempt]:
        since = timezone.now() - settings.AXES_COOLOFF_TIME
        return super().get_queryset(request).filter(attempt_time__gte=since)

    @admin.display(description="last failure")
    def last(self, attempt: AccessAttempt) -> SafeString:
        return cells.ago(attempt.attempt_time)

    @admin.display(description="address")
    def address(self, attempt: AccessAttempt) -> SafeString:
        return cells.code(attempt.ip_address or "")

    @admin.display(description="name")
    def name(self, attempt: AccessAttempt) -> SafeString:
        return cells.clipped(attempt.username or "", 40)

    @admin.display(description="failures")
    def failures(self, attempt: AccessAttempt) -> str:
        return cells.number(attempt.failures_since_start)

    @admin.display(description="browser")
    def browser(self, attempt: AccessAttempt) -> SafeString:
        return cells.clipped(attempt.user_agent, 40)
