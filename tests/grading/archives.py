"""Archives as learning platforms make them, and as nobody should."""

import stat
import zipfile
from pathlib import Path

STUDENTS = {
    "ada": ("Ada", "Lovelace", "ada@example.org"),
    "bob": ("Bob", "Bobson, Jr.", "bob@example.org"),
    "zoé": ("Zoé", "Strauß", "zoe@example.org"),
    "li": ("测试", "李", ""),
}

METADATA = """\
---
submission_101: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
  :submitters:
  - :name: Ada Lovelace
    :sid: 'ada'
    :email: ada@example.org
  :created_at: 2026-05-03 12:00:00.000000000 Z
submission_102:
  :submitters:
  - :name: Bobson
    :sid:
    :email: bob@example.org
  - :name: Zoé Strauß
    :sid: ''
    :email:
  :created_at: 2026-05-03 23:30:00.000000000 -07:00
"""


def write_zip(path: Path, members: dict[str, bytes], **about) -> Path:
    """Write a zip archive of {name: content}; `about` are attributes of every member, such as its time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(member(name, **about), content)
    return path


def member(name: str, **about) -> zipfile.ZipInfo:
    """Return an archive's member whose name nothing has cleaned."""
    info = zipfile.ZipInfo("x", date_time=(2026, 5, 3, 12, 0, 0))
    info.filename = info.orig_filename = name
    info.compress_type = zipfile.ZIP_DEFLATED
    for key, value in about.items():
        setattr(info, key, value)
    return info


def link(name: str) -> zipfile.ZipInfo:
    """Return a member that says it is a symbolic link."""
    return member(name, create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16)
