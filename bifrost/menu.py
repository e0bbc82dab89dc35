"""The admin's menu."""

from typing import Any

from django.urls import reverse_lazy


def console_page(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    """A list in the admin's menu, for those who may see it."""
    names = [f"{app}.{verb}_{model}" for verb in ("view", "change")]
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": lambda request: any(request.user.has_perm(name) for name in names),
    }


MENU: list[dict[str, Any]] = [
    {
        "title": "Work",
        "items": [
            {
                "title": "Overview",
                "icon": "dashboard",
                "link": reverse_lazy("admin:index"),
            },
            console_page("Batches", "stacks", "batches", "batch"),
            console_page("Jobs", "conveyor_belt", "batches", "job"),
            console_page("Made elsewhere", "travel_explore", "batches", "outsidejob"),
            console_page("Files", "description", "files", "file"),
            {
                **console_page("Estimate", "calculate", "files", "file"),
                "link": reverse_lazy("estimate"),
            },
        ],
    },
    {
        "title": "Messages",
        "items": [
            console_page("Webhooks", "webhook", "batches", "webhook"),
            console_page("Deliveries", "outgoing_mail", "batches", "delivery"),
        ],
    },
    {
        "title": "Access",
        "items": [
            console_page("Workspaces", "domain", "providers", "workspace"),
            console_page("Virtual keys", "key", "providers", "virtualkey"),
            console_page("Credentials", "lock", "providers", "credential"),
            console_page("Users", "person", "auth", "user"),
            console_page("Failed log-ins", "gpp_maybe", "axes", "accessattempt"),
            console_page("Audit trail", "history", "providers", "auditevent"),
        ],
    },
]
