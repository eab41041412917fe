"""The page inside another application, below a path of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gw_gateway import ThreadGateway
from page_rig import Visits
from page_words import Gate, Words
from starlette.applications import Starlette
from starlette.routing import Mount


def test_below_a_path(visits: Visits, tmp_path: Path) -> None:
    """All its addresses are relative: files, models, chats, and an answer that is picked up after a reload."""

    def inside(app: Any) -> Starlette:
        @asynccontextmanager
        async def lifespan(site: Starlette) -> AsyncIterator[None]:
            yield
            await app.gateway.close()  # a mounted application is not told of the end

        return Starlette(routes=[Mount("/tools/ai", app=app)], lifespan=lifespan)

    gate = Gate()
    with Words() as model:
        tables = {"servers": {"words": model.table()}, "store": {"url": "none"}, "log": {"form": "off"}}
        with ThreadGateway(tables, wrap=inside) as gateway:
            model.say("Before. ", gate, "After.")
            visit = visits.open(gateway, path="/tools/ai/")
            visit.ask("Go")
            visit.page.get_by_text("Before.").wait_for()
            visit.until("location.hash.length > 5")
            visit.page.reload()
            gate.open()
            assert visit.text_of(visit.ended()).strip() == "Before. After."
            assert len(model.asked) == 1
            loaded = visit.page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
            assert loaded
            assert [one for one in loaded if not one.startswith(f"{gateway.url}/tools/ai/")] == []
