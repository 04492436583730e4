"""Scripts into scenes and proposed shots, and the difference between two drafts.

    screenplay = read(uploaded_bytes, "draft.fountain")   # raises BadScript, a sentence for the person
    scenes = propose(screenplay, rate=(24, 1))
    changes = difference(earlier, screenplay)

Standard library only; nothing here touches the database.
"""

from .reading import read
from .screenplay import BadScript, Element, Remark, Scene, Screenplay

__all__ = ["BadScript", "Element", "Remark", "Scene", "Screenplay", "read"]
