from storyboard.models.access import Invitation, Membership, Role, SignInLink
from storyboard.models.comment import Comment
from storyboard.models.draft import Draft
from storyboard.models.event import Event
from storyboard.models.export import Export
from storyboard.models.job import Lost, Status
from storyboard.models.judgement import Circle, Pick, Rejection
from storyboard.models.media import Media
from storyboard.models.panel import Panel
from storyboard.models.person import User
from storyboard.models.project import Project
from storyboard.models.scene import Scene
from storyboard.models.shot import Shot
from storyboard.models.sound import Sound
from storyboard.models.take import Batch, Take
from storyboard.models.version import Guide, Version

__all__ = [
    "Batch",
    "Circle",
    "Comment",
    "Draft",
    "Event",
    "Export",
    "Guide",
    "Invitation",
    "Lost",
    "Media",
    "Membership",
    "Panel",
    "Pick",
    "Project",
    "Rejection",
    "Role",
    "Scene",
    "Shot",
    "SignInLink",
    "Sound",
    "Status",
    "Take",
    "User",
    "Version",
]
