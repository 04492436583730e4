from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from storyboard.models import Event, Membership, Project, Take, User

admin.site.register(User, UserAdmin)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "created_by", "created_at", "last_event"]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ["project", "user", "role"]


@admin.register(Take)
class TakeAdmin(admin.ModelAdmin):
    list_display = ["shot", "number", "status", "engine", "by", "queued_at", "error"]
    list_filter = ["status", "engine"]
    raw_id_fields = ["shot", "version", "parent", "master", "proxy", "poster", "filmstrip", "staging", "batch"]


@admin.register(Event)
class EventAdmin(admin.ModelAdmin):
    list_display = ["project", "number", "kind", "by", "at"]
    list_filter = ["kind"]
