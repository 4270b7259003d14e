"""The errors a person may be shown: one or two lines, in both languages, each with its exit code."""


class AttnquizError(Exception):
    """What is wrong, where, and what to do next. Caught once, in `cli`."""

    exit_code = 1

    def __init__(self, en: str, zh: str | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.zh = zh or en

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


class UsageError(AttnquizError):
    """The command line is wrong."""

    exit_code = 2


class UnknownRef(UsageError):
    """A REF that names no section, question or card."""


class BadBank(AttnquizError):
    """A bank, or a file it links to, that cannot be used; the message begins with file:line:column."""


class BadDemo(AttnquizError):
    """A demo that is not in the form it must have; the message begins with file:line."""


class StateError(AttnquizError):
    """The database cannot be read or written: corrupt, read-only, locked or the disk is full."""


class OutOfOrder(UsageError):
    """A review dated before the last one of its card."""


class TorchMissing(AttnquizError):
    """The interpreter that runs demos has no torch."""
