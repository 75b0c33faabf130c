"""Addresses of the portal, where a mine is set up."""

from django.urls import path

from apps.portal import (
    cameras,
    changes,
    clauses,
    discovery,
    drawn,
    escalation,
    health,
    imports,
    keeping,
    lists,
    masking,
    mines,
    models_page,
    organisations,
    passwords,
    people,
    views,
)

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("portal/", mines.mine_list, name="portal"),
    path("portal/areas/", lists.area_list, name="portal-areas"),
    path("portal/cameras/", lists.camera_list, name="portal-cameras"),
    path("portal/machines/", lists.machine_list, name="portal-machines"),
    path("portal/people/", lists.people_list, name="portal-people"),
    path("portal/gauges/", drawn.gauge_list, name="portal-gauges"),
    path("portal/rules/", drawn.rule_list, name="portal-rules"),
    path("portal/areas/<int:pk>/", changes.area_change, name="portal-area-change"),
    path("portal/areas/<int:pk>/remove/", changes.area_remove, name="portal-area-remove"),
    path("portal/machines/<int:pk>/remove/", changes.machine_remove, name="portal-machine-remove"),
    path("portal/machines/<int:pk>/", changes.machine_change, name="portal-machine-change"),
    path("portal/mines/<int:pk>/change/", changes.mine_change, name="portal-mine-change"),
    path("portal/organisations/<int:pk>/", organisations.organisation, name="portal-organisation"),
    path("portal/health/", health.health, name="portal-health"),
    path("portal/retention/", keeping.retention, name="portal-retention"),
    path("portal/mines/<int:pk>/retention/", keeping.mine_retention, name="portal-mine-retention"),
    path(
        "portal/cameras/<int:pk>/retention/",
        keeping.camera_retention,
        name="portal-camera-retention",
    ),
    path("portal/mines/<int:pk>/masking/", masking.mine_masking, name="portal-mine-masking"),
    path("portal/cameras/<int:pk>/masking/", masking.camera_masking, name="portal-camera-masking"),
    path("portal/mines/new/", mines.mine_add, name="portal-mine-add"),
    path("portal/mines/<int:pk>/", mines.mine_page, name="portal-mine"),
    path("portal/mines/<int:pk>/areas/new/", mines.area_add, name="portal-area-add"),
    path("portal/mines/<int:pk>/machines/new/", mines.machine_add, name="portal-machine-add"),
    path("portal/mines/<int:pk>/cameras/new/", cameras.camera_add, name="portal-camera-add"),
    path("portal/mines/<int:pk>/cameras/find/", discovery.camera_find, name="portal-camera-find"),
    path(
        "portal/mines/<int:pk>/cameras/import/", imports.camera_import, name="portal-camera-import"
    ),
    path(
        "portal/mines/<int:pk>/cameras/import/example.csv",
        imports.camera_import_example,
        name="portal-camera-import-example",
    ),
    path("portal/mines/<int:pk>/people/new/", people.person_add, name="portal-person-add"),
    path("portal/mines/<int:pk>/clauses/", clauses.clauses, name="portal-clauses"),
    path("portal/mines/<int:pk>/escalation/", escalation.escalation, name="portal-escalation"),
    path("portal/people/<int:pk>/role/", people.role_change, name="portal-person-role"),
    path("portal/people/<int:pk>/password/", people.password_give, name="portal-person-password"),
    path("portal/people/password/", passwords.password_shown, name="portal-password"),
    path("portal/people/<int:pk>/remove/", people.person_remove, name="portal-person-remove"),
    path("portal/mines/<int:pk>/models/", models_page.model_list, name="portal-models"),
    path("portal/models/<int:pk>/<str:verb>/", models_page.model_act, name="portal-model-act"),
    path("portal/cameras/<int:pk>/", cameras.camera_page, name="portal-camera"),
    path("portal/cameras/<int:pk>/change/", cameras.camera_change, name="portal-camera-change"),
    path(
        "portal/cameras/<int:pk>/procedures/",
        cameras.camera_procedures,
        name="portal-camera-procedures",
    ),
    path(
        "portal/cameras/<int:pk>/accept-view/", cameras.camera_accept, name="portal-camera-accept"
    ),
    path("portal/cameras/<int:pk>/scene/", cameras.scene, name="portal-scene"),
]
