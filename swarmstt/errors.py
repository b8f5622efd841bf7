"""Every error that a person may come to see. A message says what happened and what to do.

`LocalError` is about this PC or what its person asked for; `PeerError` is another node's fault. Anything else that
escapes is a defect of the program.
"""

import errno


class SwarmError(Exception):
    """Something went wrong. Try again with --verbose to see more."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    @property
    def message(self) -> str:
        """One line: what happened and what to do."""
        return str(self.args[0])


class LocalError(SwarmError):
    """Something on this PC needs attention."""


class UsageError(LocalError):
    """The command was not understood; see --help."""


class InputError(LocalError):
    """This cannot be transcribed."""


class NotFoundError(LocalError):
    """There is nothing by that name."""


class ExpiredError(LocalError):
    """That was valid for a time, which is over; ask for a new one."""


class ConflictError(LocalError):
    """That cannot be done now; wait a little and try again."""


class NotReadyError(LocalError):
    """That is not there yet; ask again in a moment."""


class TooMuchAtOnceError(LocalError):
    """That is too much at once; wait a little and try again."""


class TooLargeError(LocalError):
    """That is larger than what fits here; free some disk space and try again."""


class OutputError(LocalError):
    """The transcript could not be written; choose another folder with --output_dir."""


class ModelError(LocalError):
    """The Whisper model could not be loaded; `swarmstt models` lists those this PC has."""


class NotLoadedError(ModelError):
    """The transcribing process was ended while it loaded the model; it is started again by itself."""


class EngineError(LocalError):
    """Transcribing failed."""


class EngineDiedError(EngineError):
    """The transcribing process ended unexpectedly; it is started again."""


class OutOfMemoryError(EngineError):
    """There was not enough memory to transcribe."""


class HandedBackError(EngineError):
    """The PC that had this part has gone; it was reassigned to another."""


class StorageError(LocalError):
    """The database could not be written; check the disk's free space and rights."""


class NodeHeldError(LocalError):
    """Another node already uses this data folder; stop it, or choose another with --data_dir."""


class PortTakenError(LocalError):
    """The port is taken; choose another with --port."""


class NoNodeError(LocalError):
    """No node runs on this PC; start one with `swarmstt up`."""


class PeerError(SwarmError):
    """Another PC sent something that this one does not understand; update swarmstt on both."""


def is_disk_full(error: OSError) -> bool:
    """Whether the disk has no room left, or its person may use no more of it."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
