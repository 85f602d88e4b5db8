"""What can go wrong in the stages. Every message says what, which value, and what to do next.

ModelError
 ├── SettingError          a table of settings has an unknown key or a wrong type
 ├── EngineUnavailable     no such engine, or its library is not installed
 ├── EngineFailed          the engine itself broke off: server unreachable, out of memory, wrong language
 │    ├── PromptTooLong    the conversation is longer than the language model can read
 │    ├── LanguageUnknown  the engine does not know the language, or cannot translate from it
 │    ├── NothingKnown     an image model knows nothing of what it is to draw
 │    ├── PartNotFound     a part of a picture that was named is not there, or nothing can find it
 │    └── OutOfMemory      the device has less memory than was needed; the engine stays in use
 ├── AudioError            a file or a signal cannot be used as audio
 ├── PictureError          a file cannot be used as a picture
 ├── VideoError            captions cannot be put into this file, or into its picture
 │    ├── NoPicture        the file has no picture that could be drawn into
 │    └── FontMissing      no font on this machine has the letters
 └── StoreError            weights
      ├── UnknownModel     no such name in the catalogue
      ├── ModelMissing     not in the store, and fetching was not allowed (offline)
      ├── DownloadFailed   broken off, refused, not found
      ├── ChecksumMismatch the file is not the one the catalogue describes
      ├── StoreFull        no space left
      └── WeightsInvalid   present, verified, yet not what the engine can load
"""


class ModelError(Exception):
    """Any failure of a stage that is not a defect of this program."""


class SettingError(ModelError):
    """A table of settings has an unknown key, a wrong type or a value out of range."""


class EngineUnavailable(ModelError):
    """The registry has no such engine, or the library behind it is not installed."""


class EngineFailed(ModelError):
    """The engine could not do what it was asked."""


class PromptTooLong(EngineFailed):
    """The conversation is longer than the language model can read; raised before anything is written."""


class LanguageUnknown(EngineFailed):
    """The engine does not know the language, or cannot translate from it."""


class NothingKnown(EngineFailed):
    """The image model knows nothing of what it was asked to draw."""


class PartNotFound(EngineFailed):
    """A part of a picture that was named cannot be found there, or the engine has nothing that finds parts."""


class OutOfMemory(EngineFailed):
    """The device has less memory than was needed; the engine has let go of what it held, and stays in use."""


class AudioError(ModelError):
    """A file or a signal cannot be used as audio."""


class PictureError(ModelError):
    """A file cannot be used as a picture, or as a mask."""


class VideoError(ModelError):
    """Captions cannot be put into a file, or into its picture."""


class NoPicture(VideoError):
    """The file has no moving picture that captions could be drawn into."""


class FontMissing(VideoError):
    """No font on this machine has the letters that are to be drawn."""


class StoreError(ModelError):
    """The weights store could not provide a model."""


class UnknownModel(StoreError):
    """The catalogue has no such name."""


class ModelMissing(StoreError):
    """The model is not in the store and may not be fetched now."""


class DownloadFailed(StoreError):
    """The source could not be read to its end."""


class ChecksumMismatch(StoreError):
    """The file that arrived is not the one that the catalogue describes."""


class StoreFull(StoreError):
    """The disk of the store has no space left."""


class WeightsInvalid(StoreError):
    """The files of a model are there but cannot be loaded."""
