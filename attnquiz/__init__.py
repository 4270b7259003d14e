"""attnquiz: interview-prep flashcards on self-attention whose answers run."""

__version__ = "0.1.0"
