"""What can go wrong in the conversation, beside the errors of the stages (`models.errors`).

AssistantError
 ├── ProfileError          a profile, or a change to it, cannot be used
 ├── NothingSaid           there is sound, but no words in it
 ├── NoVoice               no voice of the profile speaks the language
 ├── FileUnusable          a file that the user named cannot be read or written
 ├── NoPictures            the profile has no model that draws
 ├── GalleryError          a picture cannot be kept or found
 │    ├── GalleryFull      the disk of the gallery has no space left; nothing half-written is left behind
 │    └── NotInGallery     there is no picture of that name
 ├── SigningFailed         a picture cannot be signed with the certificate of this machine
 ├── NoSoundDevice         there is no such microphone or loudspeaker, or it cannot be used
 └── WorkerError           the process that owns an engine cannot do what was asked
      ├── WorkerDied       it ended in the middle; it is restarted, so asking again is worth while
      │    └── WorkerHung  it gave no sign of life before its deadline, and was ended
      ├── WorkerBusy       too many are waiting for it already
      ├── CallSuperseded   what was to be made ahead of it has come, so it comes too late
      └── WorkerClosed     it was never started, or has been closed
"""


class AssistantError(Exception):
    """Any failure of the conversation that is not a defect of this program."""


class ProfileError(AssistantError):
    """A profile does not exist, is not TOML, or has a setting that is unknown or of the wrong type."""


class NothingSaid(AssistantError):
    """There is sound, but no words in it."""


class NoVoice(AssistantError):
    """No voice of the profile speaks the language."""


class FileUnusable(AssistantError):
    """A file that the user named cannot be read or written, or holds something else."""


class NoPictures(AssistantError):
    """The profile has no model that draws."""


class GalleryError(AssistantError):
    """A picture cannot be kept or found."""


class GalleryFull(GalleryError):
    """The disk of the gallery has no space left; nothing half-written is left behind."""


class NotInGallery(GalleryError):
    """The gallery has no picture of that name."""


class SigningFailed(AssistantError):
    """A picture cannot be signed with the certificate of this machine."""


class NoSoundDevice(AssistantError):
    """There is no such microphone or loudspeaker, or it cannot be used."""


class WorkerError(AssistantError):
    """A worker cannot do what it was asked."""


class WorkerDied(WorkerError):
    """The worker's process ended in the middle of a call; the next call finds a new one."""


class WorkerHung(WorkerDied):
    """The worker's process gave no sign of life before its deadline and was ended."""


class WorkerBusy(WorkerError):
    """Too many streams are waiting for the worker already."""


class CallSuperseded(WorkerError):
    """A call that was to be made ahead of another one was still in line when that one came."""


class WorkerClosed(WorkerError):
    """The worker was not started, or has been closed."""
