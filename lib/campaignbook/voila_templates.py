"""Voilà's page templates, compiled once for all pages and not anew for each."""

from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode


class MemoryCache(BytecodeCache):
    """Keep compiled templates in this process; a changed template is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket with what is kept for it, if anything is."""
        if bucket.key in self._kept:
            # jinja compares the source's checksum, and leaves the bucket empty if it
            # is another
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what a bucket holds."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


CACHE = MemoryCache()


class CachedTemplates(Preprocessor):
    """Give the exporter of a page the compiled templates; leave the notebook alone.

    Voilà makes a new exporter, and with it a new Jinja environment, for every page. A
    preprocessor is what its settings let us add to one.
    """

    enabled = True

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the notebook as it is, before its template is loaded."""
        self.parent.environment.bytecode_cache = CACHE
        return nb, resources
