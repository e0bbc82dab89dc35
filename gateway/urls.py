"""Every public route."""

from itertools import chain

from django.urls import URLPattern, re_path

from gateway.anthropic import openapi as of_anthropic
from gateway.anthropic import views as anthropic
from gateway.bedrock import openapi as of_bedrock
from gateway.bedrock import views as bedrock
from gateway.estimate import openapi as of_estimate
from gateway.estimate import views as estimate
from gateway.genai import openapi as of_genai
from gateway.genai import resumable
from gateway.genai import views as genai
from gateway.incoming import views as incoming
from gateway.openai import openapi as of_openai
from gateway.openai import views as openai
from gateway.s3 import openapi as of_s3
from gateway.s3 import views as s3

EVERY_METHOD = ("get", "post", "put", "patch", "delete")
GENAI_VERSION = "(?P<version>v1|v1beta)"
GENAI_BATCH = "(?P<batch_id>[^/:]+|arn:.+)"

# By the first word of the path: what comes in is looked up among the routes of its surface alone.
ROUTES: dict[str, list[URLPattern]] = {
    "openai": [
        re_path(r"^openai/openapi\.json$", of_openai.Description.as_view({"get": "describe"})),
        re_path(
            r"^openai/(?:v1/)?files/?$",
            openai.Files.as_view({"get": "list", "post": "create"}),
        ),
        # An object in S3, whose key may end with anything: the view tells its content from the rest.
        re_path(
            r"^openai/(?:v1/)?files/(?P<file_id>s3://[\s\S]+)\Z",
            openai.Files.as_view({"get": "retrieve", "delete": "destroy"}),
        ),
        re_path(
            r"^openai/(?:v1/)?files/(?P<file_id>(?:files/)?[^/]+)/?$",
            openai.Files.as_view({"get": "retrieve", "delete": "destroy"}),
        ),
        re_path(
            r"^openai/(?:v1/)?files/(?P<file_id>(?:files/)?[^/]+)/content/?$",
            openai.Files.as_view({"get": "content"}),
        ),
        re_path(
            r"^openai/(?:v1/)?batches/?$",
            openai.Batches.as_view({"get": "list", "post": "create"}),
        ),
        re_path(
            r"^openai/(?:v1/)?batches/(?P<batch_id>(?:batches/|arn:[^/]+/)?[^/]+)/?$",
            openai.Batches.as_view({"get": "retrieve"}),
        ),
        re_path(
            r"^openai/(?:v1/)?batches/(?P<batch_id>(?:batches/|arn:[^/]+/)?[^/]+)/cancel/?$",
            openai.Batches.as_view({"post": "cancel"}),
        ),
        re_path(
            r"^openai(?:/[\s\S]*)?\Z",
            openai.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
        ),
    ],
    "anthropic": [
        re_path(
            r"^anthropic/openapi\.json$", of_anthropic.Description.as_view({"get": "describe"})
        ),
        # An id may be in the form of another surface, and then have slashes in it.
        re_path(
            r"^anthropic/v1/files/?$",
            anthropic.Files.as_view({"get": "list", "post": "create"}),
        ),
        re_path(
            r"^anthropic/v1/files/(?P<file_id>.+)/content/?$",
            anthropic.Files.as_view({"get": "content"}),
        ),
        re_path(
            r"^anthropic/v1/files/(?P<file_id>.+?)/?$",
            anthropic.Files.as_view({"get": "retrieve", "delete": "destroy"}),
        ),
        re_path(
            r"^anthropic/v1/messages/batches/?$",
            anthropic.Batches.as_view({"get": "list", "post": "create"}),
        ),
        re_path(
            r"^anthropic/v1/messages/batches/(?P<batch_id>.+)/results/?$",
            anthropic.Batches.as_view({"get": "results"}),
        ),
        re_path(
            r"^anthropic/v1/messages/batches/(?P<batch_id>.+)/cancel/?$",
            anthropic.Batches.as_view({"post": "cancel"}),
        ),
        re_path(
            r"^anthropic/v1/messages/batches/(?P<batch_id>.+?)/?$",
            anthropic.Batches.as_view({"get": "retrieve", "delete": "destroy"}),
        ),
        re_path(
            r"^anthropic(?:/[\s\S]*)?\Z",
            anthropic.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
        ),
    ],
    "bedrock": [
        re_path(r"^bedrock/openapi\.json$", of_bedrock.Description.as_view({"get": "describe"})),
        # Below /bedrock/files it would be a bucket.
        re_path(
            r"^bedrock/openapi-s3\.json$",
            of_bedrock.Description.as_view({"get": "describe"}, document=of_s3.DOCUMENT),
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
        # The rest of the path is a bucket and a key of any characters: gateway/s3/address.py takes it apart.
        re_path(
            r"^bedrock/files(?:/[\s\S]*)?\Z",
            s3.Storage.as_view(dict.fromkeys(("get", "head", "post", "put", "delete"), "answer")),
        ),
        re_path(
            r"^bedrock(?!/files(?:/|\Z))(?:/[\s\S]*)?\Z",
            bedrock.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
        ),
    ],
    "genai": [
        re_path(r"^genai/openapi\.json$", of_genai.Description.as_view({"get": "describe"})),
        # The names of models may have slashes and colons in them.
        re_path(
            rf"^genai/upload/{GENAI_VERSION}/files/?$",
            resumable.Uploads.as_view({"post": "create"}),
        ),
        re_path(
            rf"^genai/upload/{GENAI_VERSION}/files:resume$",
            resumable.Resumed.as_view({"post": "create", "put": "create"}),
        ),
        re_path(
            rf"^genai/{GENAI_VERSION}/files/?$",
            genai.Files.as_view({"get": "list"}),
        ),
        re_path(
            rf"^genai/(?:download/)?{GENAI_VERSION}/files/(?P<name>[^/:]+):download$",
            genai.Files.as_view({"get": "download"}),
        ),
        re_path(
            rf"^genai/{GENAI_VERSION}/files/(?P<name>[^/:]+)$",
            genai.Files.as_view({"get": "retrieve", "delete": "destroy"}),
        ),
        re_path(
            rf"^genai/{GENAI_VERSION}/(?P<model>(?:models|tunedModels)/.+):"
            r"(?P<verb>batchGenerateContent|asyncBatchEmbedContent)$",
            genai.Batches.as_view({"post": "create"}),
        ),
        re_path(
            rf"^genai/{GENAI_VERSION}/batches/?$",
            genai.Batches.as_view({"get": "list"}),
        ),
        re_path(
            rf"^genai/{GENAI_VERSION}/batches/{GENAI_BATCH}:cancel$",
            genai.Batches.as_view({"post": "cancel"}),
        ),
        re_path(
            rf"^genai/{GENAI_VERSION}/batches/{GENAI_BATCH}$",
            genai.Batches.as_view({"get": "retrieve", "delete": "destroy"}),
        ),
        re_path(
            r"^genai(?:/[\s\S]*)?\Z",
            genai.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
        ),
    ],
    "bifrost": [
        re_path(r"^bifrost/openapi\.json$", of_estimate.Description.as_view({"get": "describe"})),
        re_path(r"^bifrost/v1/estimate/?$", estimate.Estimates.as_view({"post": "create"})),
        # Called by providers, and by no SDK.
        re_path(
            r"^bifrost/v1/incoming/(?P<provider>openai|gemini|bedrock)/(?P<credential_id>[a-z0-9]{12})/?$",
            incoming.Incoming.as_view({"post": "take"}),
        ),
        re_path(
            r"^bifrost(?:/[\s\S]*)?\Z",
            estimate.Unknown.as_view(dict.fromkeys(EVERY_METHOD, "answer")),
        ),
    ],
}
urlpatterns = list(chain.from_iterable(ROUTES.values()))
