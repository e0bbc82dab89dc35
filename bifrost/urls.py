from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from bifrost import estimates, health, palette
from bifrost.metrics.view import metrics

admin.autodiscover()
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics),
    path("admin/estimate/", admin.site.admin_view(estimates.page), name="estimate"),
    path("admin/search/", admin.site.admin_view(palette.search)),
    path("admin/filters/", include("batches.admin.saved")),
    path("admin/", admin.site.urls),
    path("", include("gateway.urls")),
]
handler400 = "bifrost.errors.bad_request"
