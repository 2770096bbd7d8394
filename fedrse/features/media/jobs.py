"""Work behind uploads: files go after their rows, and uploads that no post used go daily."""

from __future__ import annotations

from fedrse.blobs.store import BlobStore
from fedrse.core.clock import HOUR
from fedrse.features.media.service import DELETE_BLOBS, MOVE_BLOBS, MediaLibrary
from fedrse.features.media.service_remote import RemoteFiles
from fedrse.jobs.model import Job
from fedrse.jobs.runner import Runner
from fedrse.store.database import Database

ABANDONED = "media.abandoned"
UNUSED = "media.forget_copies"


class MediaJobs:
    """Handlers of jobs."""

    def __init__(
        self,
        *,
        database: Database,
        library: MediaLibrary,
        blobs: BlobStore,
        remote: RemoteFiles | None = None,
    ) -> None:
        self._database = database
        self._library = library
        self._blobs = blobs
        self._remote = remote

    def register(self, runner: Runner) -> None:
        """Takes the jobs of this feature."""
        runner.handle(DELETE_BLOBS, self.delete_blobs)
        runner.handle(MOVE_BLOBS, self.move_blobs)
        runner.every(HOUR, ABANDONED, self.remove_abandoned)
        runner.every(HOUR, UNUSED, self.forget_copies)

    async def delete_blobs(self, job: Job) -> None:
        """Deletes files whose rows are gone; doing it twice is fine."""
        await self._blobs.delete(*job.arguments["keys"])

    async def move_blobs(self, job: Job) -> None:
        """Gives files new keys; doing it twice is fine."""
        for old, new in job.arguments["keys"]:
            await self._blobs.move(str(old), str(new))

    async def remove_abandoned(self, _job: Job) -> None:
        """Forgets uploads that no post used, and files that never got that far."""
        await self._database.write(self._library.remove_abandoned)
        await self._blobs.tidy()

    async def forget_copies(self, _job: Job) -> None:
        """Forgets copies of other sites' files that nobody looks at any more."""
        if self._remote is None:
            return
        while await self._database.write(self._remote.forget_unused):
            pass
