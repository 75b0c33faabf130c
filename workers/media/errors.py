"""What went wrong with a stream or a file, in one sentence for a person."""


class MediaError(Exception):
    """A stream or file cannot be used; the text says what and why, without credentials."""
