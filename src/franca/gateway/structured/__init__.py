"""`response_format: json_schema` for every model: the ladder of `franca.flow.structured` behind a chat completion.

need      whether a request needs it, or the server can be relied on
wish      what the request asks for: the schema, the messages, the fields
written   the text of the value while it is written, which only ever grows
turn      one answer of a model that may also call the caller's own tools
shapes    the completion and the chunks that the caller gets
serve     asking, answering, and what it took

    if needs_ladder(session, model, fields.get("response_format"), config.structured, upstream.table):
        await answer(exchange, upstream, session, model, fields, attempts=config.structured.attempts)
"""

from __future__ import annotations

from .need import needs_ladder
from .serve import answer

__all__ = ["answer", "needs_ladder"]
