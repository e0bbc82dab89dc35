"""Every public route."""

from django.urls import re_path

from gateway.openai import views as openai

urlpatterns = [
    re_path(
        r"^openai/(?:v1/)?files/?$",
        openai.Files.as_view({"get": "list", "post": "create"}),
    ),
    re_path(
        r"^openai/(?:v1/)?files/(?P<file_id>[^/]+)/?$",
        openai.Files.as_view({"get": "retrieve", "delete": "destroy"}),
    ),
    re_path(
        r"^openai/(?:v1/)?files/(?P<file_id>[^/]+)/content/?$",
        openai.Files.as_view({"get": "content"}),
    ),
    re_path(
        r"^openai/(?:v1/)?batches/?$",
        openai.Batches.as_view({"get": "list", "post": "create"}),
    ),
    re_path(
        r"^openai/(?:v1/)?batches/(?P<batch_id>[^/]+)/?$",
        openai.Batches.as_view({"get": "retrieve"}),
    ),
    re_path(
        r"^openai/(?:v1/)?batches/(?P<batch_id>[^/]+)/cancel/?$",
        openai.Batches.as_view({"post": "cancel"}),
    ),
    re_path(
        r"^openai(?:/.*)?$",
        openai.Unknown.as_view(dict.fromkeys(("get", "post", "put", "patch", "delete"), "answer")),
    ),
]
