"""What models can do, and a key for a user: the methods of `OpenRouter` and `AsyncOpenRouter` about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ..flow.core import arun, run
from ..flow.openrouter.capability import Capability
from ..flow.openrouter.knowing import ask_capability, ask_models, ask_support
from ..flow.openrouter.login import exchange_code
from ..flow.options import CallOptions
from ..wire.openrouter.user_key import UserKey
from .aio_endpoints import AsyncEndpoints
from .endpoints import Endpoints

if TYPE_CHECKING:
    from .capability import Catalogue

__all__ = ["AsyncKnowing", "Knowing"]


class Knowing(Endpoints):
    """What models can do, as OpenRouter's live list tells it, and logging a user in.

    The list is fetched by the first question and believed for `models_lifetime` seconds; `models_cache` keeps it for
    the next process. Where it cannot be had, the last one is used, however old, and without any a built-in set of names
    that were known to do structured outputs in 2025; `capability(...).source` tells which.
    """

    _catalogue: Catalogue

    def capability(self, model: str, **options: Unpack[CallOptions]) -> Capability:
        """What a model can do, and who says so. Suffixes (":nitro") and aliases ("~author/x-latest") are understood.

        What nobody tells is None. An error of the network is none here: then older knowledge is used.
        """
        return run(ask_capability(self._session, self._catalogue, model, options), self._driver())

    def supports(
        self, model: str, parameter: str, *, every_endpoint: bool = False, **options: Unpack[CallOptions]
    ) -> bool:
        """Whether a model is known to heed a field of the request ("tools", "structured_outputs", "seed" ...).

        The list says what at least one endpoint of the model can do; a request that needs more than one field, or is
        routed at will, may meet another. `every_endpoint` asks for the model's endpoints too and is True only when each
        of them can; then an error of the network is raised.
        """
        flow = ask_support(self._session, self._catalogue, model, parameter, options, every_endpoint=every_endpoint)
        return run(flow, self._driver())

    def supports_structured_output(self, model: str, **options: Unpack[CallOptions]) -> bool:
        """Whether a model is known to answer in a given JSON schema."""
        return self.supports(model, "structured_outputs", **options)

    def structured_output_models(self, **options: Unpack[CallOptions]) -> list[str]:
        """The models that answer in a given JSON schema: those of the list, with those that were added and without
        those that were removed, sorted."""
        return run(ask_models(self._session, self._catalogue, options), self._driver())

    def add_structured_output_model(self, model: str) -> None:
        """Say that a model can answer in a given JSON schema, whatever the list says; for this client and those made of
        it by `with_options`. Nothing is sent."""
        self._catalogue.say(model, True)

    def remove_structured_output_model(self, model: str) -> None:
        """Say that a model cannot."""
        self._catalogue.say(model, False)

    def exchange_code(self, code: str, verifier: str, **options: Unpack[CallOptions]) -> UserKey:
        """The key of a user who came back from the page of `start_login`.

        `code`: what the address has as `code=...`, that whole address, or what the user pasted; good once, for ten
        minutes. `verifier`: that of the login. The client needs no key of its own. Raises Forbidden when they do not
        fit or are used up.
        """
        return run(exchange_code(self._session, code, verifier, options), self._driver())


class AsyncKnowing(AsyncEndpoints):
    """As `Knowing`, with asyncio."""

    _catalogue: Catalogue

    async def capability(self, model: str, **options: Unpack[CallOptions]) -> Capability:
        """As `Knowing.capability`."""
        return await arun(ask_capability(self._session, self._catalogue, model, options), self._driver())

    async def supports(
        self, model: str, parameter: str, *, every_endpoint: bool = False, **options: Unpack[CallOptions]
    ) -> bool:
        """As `Knowing.supports`."""
        flow = ask_support(self._session, self._catalogue, model, parameter, options, every_endpoint=every_endpoint)
        return await arun(flow, self._driver())

    async def supports_structured_output(self, model: str, **options: Unpack[CallOptions]) -> bool:
        """As `Knowing.supports_structured_output`."""
        return await self.supports(model, "structured_outputs", **options)

    async def structured_output_models(self, **options: Unpack[CallOptions]) -> list[str]:
        """As `Knowing.structured_output_models`."""
        return await arun(ask_models(self._session, self._catalogue, options), self._driver())

    def add_structured_output_model(self, model: str) -> None:
        """As `Knowing.add_structured_output_model`; nothing is awaited."""
        self._catalogue.say(model, True)

    def remove_structured_output_model(self, model: str) -> None:
        """As `Knowing.remove_structured_output_model`; nothing is awaited."""
        self._catalogue.say(model, False)

    async def exchange_code(self, code: str, verifier: str, **options: Unpack[CallOptions]) -> UserKey:
        """As `Knowing.exchange_code`."""
        return await arun(exchange_code(self._session, code, verifier, options), self._driver())
