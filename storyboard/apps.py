from django.apps import AppConfig


class StoryboardConfig(AppConfig):
    name = "storyboard"

    def ready(self) -> None:
        from storyboard import checks  # noqa: F401
