"""Every public route."""

from django.urls import re_path

from gateway.bedrock import views as bedrock
from gateway.openai import views as openai

EVERY_METHOD = ("get", "post", "put", "patch", "delete")

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
        openai.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
    ),
    # An ARN, as the id of a job, has a slash in it.
    re_path(
        r"^bedrock/model-invocation-job/?$",
        bedrock.Jobs.as_view({"post": "create"}),
    ),
    re_path(
        r"^bedrock/model-invocation-jobs/?$",
        bedrock.Jobs.as_view({"get": "list"}),
    ),
    re_path(
        r"^bedrock/model-invocation-job/(?P<job_id>.+)/stop/?$",
        bedrock.Jobs.as_view({"post": "stop"}),
    ),
    re_path(
        r"^bedrock/model-invocation-job/(?P<job_id>.+?)/?$",
        bedrock.Jobs.as_view({"get": "retrieve"}),
    ),
    re_path(
        r"^bedrock(?!/files(?:/|$))(?:/.*)?$",
        bedrock.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
    ),
]
