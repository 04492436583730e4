"""Who the PostgreSQL programs run as. They refuse root, and rightly: root has to become someone else for them."""

import ctypes
import functools
import os
import pwd
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.embedded.errors import CannotStart

CLONE_NEWUSER = 0x10000000
ANY_UID_BUT_ROOT = 1000

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """`uid` None means as we are. With `namespace`, root's files stay root's while the programs see another uid."""

    uid: int | None = None
    gid: int | None = None
    namespace: bool = False

    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess.Popen."""
        if self.namespace:
            return {"preexec_fn": enter_namespace}
        if self.uid is not None:
            return {"user": self.uid, "group": self.gid, "extra_groups": []}
        return {}

    def give(self, path: Path) -> None:
        if self.uid is not None:
            os.chown(path, self.uid, self.gid if self.gid is not None else -1)


def identity_for(cluster: Path) -> Identity:
    """Ourselves; for root the owner of an existing cluster, else a user namespace, else the user `nobody`."""
    if os.geteuid() != 0:
        return Identity()
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Identity(owner.st_uid, owner.st_gid)
    if namespaces_work():
        return Identity(namespace=True)
    nobody = pwd.getpwnam("nobody")
    return Identity(nobody.pw_uid, nobody.pw_gid)


@functools.cache
def namespaces_work() -> bool:
    try:
        subprocess.run(["/bin/sh", "-c", '[ "$(id -u)" != 0 ]'], preexec_fn=enter_namespace, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def enter_namespace() -> None:
    """Between fork and exec: a user namespace in which root carries another number."""
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not available")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{ANY_UID_BUT_ROOT} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{ANY_UID_BUT_ROOT} {gid} 1")


def closed_to_others(path: Path) -> Path | None:
    """The first directory on the way to `path` that another user may not pass, if any."""
    ways: Iterable[Path] = reversed([path, *path.parents])
    return next((way for way in ways if way.is_dir() and not way.stat().st_mode & 0o001), None)


def refuse_unreachable(data_dir: Path) -> None:
    closed = closed_to_others(data_dir.resolve().parent)
    if closed:
        raise CannotStart(
            f"PostgreSQL does not run as root, and the user nobody, which would run it here, may not pass {closed}. "
            "Start Circle Take as an ordinary user, or set CIRCLE_TAKE_DATA to a directory everybody can pass, such as "
            "/var/lib/circle-take, or set DATABASE_URL to a PostgreSQL server of your own."
        )
