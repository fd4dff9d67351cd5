"""The files of videos on disk: a folder for each finished one, and the files that jobs start from."""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path


class FileStore:
    """The files below one data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Make the folders, and remove what interrupted renderings have left."""
        self._films, self._references = data_dir / "films", data_dir / "references"
        self._unfinished = data_dir / "unfinished"
        shutil.rmtree(self._unfinished, ignore_errors=True)
        for folder in (self._films, self._references, self._unfinished):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)

    def path(self, video_id: str, name: str) -> Path:
        """Return where a file of a finished video is."""
        return self._films / _file_name(video_id) / name

    def reference(self, video_id: str) -> Path:
        """Return where the reference image of a video is."""
        return self._references / _file_name(video_id)

    def source(self, video_id: str) -> Path:
        """Return where the film is that a video continues."""
        return self._references / (_file_name(video_id) + ".film")

    def begin(self) -> Path:
        """Return a new folder to render into."""
        return Path(tempfile.mkdtemp(dir=self._unfinished))

    def finish(self, folder: Path, video_id: str) -> None:
        """Move a rendered folder into place, all files at once."""
        shutil.rmtree(self._films / _file_name(video_id), ignore_errors=True)
        folder.replace(self._films / _file_name(video_id))

    def copy(self, folder: Path, video_id: str) -> None:
        """Give a video the files of a folder, all at once; hard links, where possible, take no space."""
        links = self.begin()
        shutil.copytree(folder, links, copy_function=_link_or_copy, dirs_exist_ok=True)
        self.finish(links, video_id)

    def discard(self, folder: Path) -> None:
        """Delete a folder that was rendered into."""
        shutil.rmtree(folder, ignore_errors=True)

    def remove(self, video_id: str) -> None:
        """Delete a video's files, and what it was made from."""
        self.remove_films(video_id)
        self.reference(video_id).unlink(missing_ok=True)
        self.source(video_id).unlink(missing_ok=True)

    def remove_films(self, video_id: str) -> None:
        """Delete the files of an expired video; its reference stays, for remixes."""
        shutil.rmtree(self._films / _file_name(video_id), ignore_errors=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def _file_name(video_id: str) -> str:
    """Return an id as a file name; one that is too long or has other characters becomes its hash."""
    if re.fullmatch(r"[\w-]{1,100}", video_id, re.ASCII):
        return video_id
    return hashlib.sha256(video_id.encode()).hexdigest()
