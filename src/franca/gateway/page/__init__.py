"""The pages of the gateway: the chat at / and the admin's status page at /status, and what the chat asks beside models.

They are plain files without secrets, made by the build in web/, which work offline and from our own origin alone. All
their addresses are relative, so that they work under any base path. `page_files` holds them for whoever serves them in
another way; `chat_page` is an application that does nothing else.
"""

from __future__ import annotations

from .files import StaticFile, page_files
from .serve import chat_page, is_page, serve_page

__all__ = ["StaticFile", "chat_page", "is_page", "page_files", "serve_page"]
