"""Who may do what in a workspace, on its page."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from providers.models import Membership
from providers.roles import NotFitError, admit, candidate, has_own_rights, is_bound, workspaces

if TYPE_CHECKING:
    from django.contrib.admin import TabularInline
else:
    from unfold.admin import TabularInline


LEFT_TO_OTHERS = "Only who looks after all workspaces changes what this user may do."


class MemberForm(forms.ModelForm[Membership]):
    """`by` is who asks."""

    by: Any = None
    name = forms.CharField(label="User", widget=UnfoldAdminTextInputWidget())

    class Meta:
        model = Membership
        fields = ["role"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["name"].initial = self.instance.user.get_username()
            self.fields["name"].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk is None and cleaned.get("name"):
            self._find(cleaned["name"])
        elif self.instance.pk and self.has_changed() and not self.may_touch():
            self.add_error(None, LEFT_TO_OTHERS)
        return cleaned

    def _find(self, name: str) -> None:
        try:
            self.instance.user = candidate(name, by=self.by)
        except NotFitError as error:
            self.add_error("name", str(error))
            return
        there = Membership.objects.filter(user=self.instance.user)
        if there.filter(workspace=self.instance.workspace_id).exists():
            self.add_error("name", f"{name} is a member already.")

    def may_touch(self) -> bool:
        """Without the membership they would see what their groups give them, of all workspaces."""
        return not (is_bound(self.by) and has_own_rights(self.instance.user))

    def save(self, commit: bool = True) -> Membership:
        admit(self.instance.user)
        membership: Membership = super().save(commit)
        return membership


class MemberForms(forms.BaseInlineFormSet[Any, Any, Any]):
    def clean(self) -> None:
        super().clean()
        names = [form.cleaned_data.get("name") for form in self.forms if form.has_changed()]
        if len(names) != len(set(names)):
            raise forms.ValidationError("Name each user once.")
        # Django asks no form that is to be deleted.
        if not all(form.may_touch() for form in self.deleted_forms):
            raise forms.ValidationError(LEFT_TO_OTHERS)


class MembersInline(TabularInline[Membership, Any]):
    model = Membership
    form = MemberForm
    formset = MemberForms
    fields = ["name", "role"]
    extra = 0
    verbose_name = "member"
    verbose_name_plural = "members"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "workspace")

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        formset: Any = super().get_formset(request, obj, **options)
        formset.form.by = request.user
        return formset

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def _may(self, request: HttpRequest, verb: str, obj: Any) -> bool:
        permission = f"providers.{verb}_membership"
        owned = workspaces(request.user, permission)
        anywhere = obj is None or owned is None or obj.pk in owned
        return anywhere and request.user.has_perm(permission)
