"""Rows whose every text was written by someone who means harm, and a reader of pages who notices."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import models

from batches.models import BatchEvent, Delivery, OutsideJob, SavedFilter
from tests.admin import make

MARK = "Sesame"
MARKUP = f"\"'><{MARK} on{MARK}=x>{{{{7*7}}}}{{%{MARK}%}}<script>{MARK}()</script>"
UNSEEN = f"{MARK}\u202e\u2066\u200b\x1b[31m\x07\r\n\x01"
# What Bifrost makes up itself, or looks something up by.
OWN = {
    *("digest", "hint", "page", "password", "request_digest", "session_hash", "sha256"),
    *("encrypted_former_secret", "encrypted_secret"),
}
# Attributes whose text is run: Alpine's, htmx's and the browser's own.
RUN = ("x-", "@", ":", "on", "hx-on", "hx-vals")


def spoil(row: models.Model, text: str) -> None:
    """Put the text wherever a row has room for one."""
    fields = [field for field in row._meta.concrete_fields if _takes_text(field)]
    values = {field.attname: _spoiled(field, text) for field in fields}
    type(row)._base_manager.filter(pk=row.pk).update(**values)


def _takes_text(field: Any) -> bool:
    kinds = (models.CharField, models.TextField, models.JSONField)
    free = not field.choices and not field.primary_key and field.name not in OWN
    return isinstance(field, kinds) and free


def _spoiled(field: Any, text: str) -> Any:
    if not isinstance(field, models.JSONField):
        return text[: field.max_length]
    said = {"code": text, "message": text, "param": text, "line": 1}
    known = {
        "booked": [{"model": text, "cost": 1}],
        "dropped": {"requests": {text: 3}},
        "errors": [said],
        "failures": {text: 3},
        "problems": [said],
    }
    return known.get(field.name, {text: text, f"{text}2": {text: text}})


def rows(text: str, administrator: User) -> None:
    """One of everything that the admin shows, and what it says of them."""
    file, output = make.file(b"{}\n"), make.file(b"{}\n", purpose="batch_output")
    key, _ = make.key()
    batch = make.batch(input_file=file, output_file=output, status="failed", virtual_key=key)
    job = make.job(batch, status="dropped", attempts=2)
    event = BatchEvent.objects.create(batch=batch, job=job, kind="failed")
    copy = file.upstream_files.create(credential=job.credential, upstream_id="file-there")
    user = User.objects.create_user("spoiled", is_staff=True)
    attempt = AccessAttempt.objects.create(ip_address="192.0.2.1", failures_since_start=1)
    users: list[models.Model] = [user, attempt]
    # The other file would be called the same.
    shown = [batch, job, file, key, key.workspace, job.credential]
    LogEntry.objects.log_actions(administrator.pk, [*shown, *users], CHANGE, text)
    outside = OutsideJob.objects.create(credential=job.credential, upstream_id="there")
    webhook = make.webhook(workspace=batch.workspace)
    delivery = Delivery.objects.create(webhook=webhook, batch=batch, event="batch.failed")
    page = "batches_batch_changelist"
    kept = SavedFilter.objects.create(user=administrator, name="kept", page=page)
    for row in (*shown, *users, event, copy, outside, webhook, delivery, kept):
        spoil(row, text)
    LogEntry.objects.update(object_repr=text[:200])


class Page(HTMLParser):
    """What a browser makes of a page: links, the text that is seen, and what went wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.wrong: list[str] = []
        self.actions: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag == MARK.lower():
            self.wrong.append(f"<{tag}>")
        self.wrong += [
            f"<{tag} {name}={value}>" for name, value in attrs if _acts(name, value or "")
        ]
        named = dict(attrs)
        if tag == "a":
            self.links.append(named.get("href") or "")
        if tag == "option" and (named.get("value") or "").isidentifier():
            self.actions.append(named["value"] or "")

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            if MARK in data:
                self.wrong.append(f"<{self._inside}>{data}")
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def within(self) -> Iterator[str]:
        """Links to other pages of the admin, but those that end the session."""
        for link in self.links:
            path = link.split("#")[0]
            if path.startswith("/admin/") and "logout" not in path and "jsi18n" not in path:
                yield path


def _acts(name: str, value: str) -> bool:
    if name.startswith(f"on{MARK.lower()}") or MARK.lower() in name:
        return True
    runs = name.startswith(RUN) and MARK in value
    return runs or (name in ("href", "src", "action") and value.strip().startswith("javascript:"))
