"""What OpenRouter tells of an error beside its message: who moderated, which provider failed, why nobody was there.

Shapes as of November 2026: openrouter.ai/docs/api_reference/errors-and-debugging and .../limits, the changelog of
19 August 2026 (`availability`, and the short form of `previous_errors`), and bodies quoted in users' issues (`raw`,
`provider_name`, `remedy_hint`). `franca.openrouter` has the functions that find these in an error.
"""

from __future__ import annotations

from typing import Any

from ..base import Window
from ..fields import child, children, flag, items, keyed, mapping, number, raw, text

__all__ = [
    "Availability",
    "Constraint",
    "Guardrail",
    "GuardrailStage",
    "Moderation",
    "PreviousError",
    "ProviderFailure",
]


class Moderation(Window):
    """Why moderation stopped the input."""

    __slots__ = ()
    _shown = ("reasons", "provider_name", "model_slug")

    reasons = items("reasons", "Why, in words such as `violence`.")
    flagged_input = text("flagged_input", "The text that was flagged; of a longer one than 100 characters both ends.")
    provider_name = text("provider_name", "The provider that wants moderation.")
    model_slug = text("model_slug", "The model.")


class _FromProvider(Window):
    """What an error of a provider, and one before it in the same call, have in common."""

    __slots__ = ()

    raw = raw("raw", "What the provider itself said: text, JSON in a text, or an object. OpenRouter tells it seldom.")
    message = text("message", "OpenRouter's words for it.")

    @property
    @keyed("provider_name")
    def provider_name(self) -> str | None:
        """The provider that failed, under the older name of the field or the one of August 2026 (`provider`)."""
        for key in ("provider_name", "provider"):
            name = self._data.get(key)
            if isinstance(name, str):
                return name
        return None


class PreviousError(_FromProvider):
    """The failure of a provider that was asked before the one whose error came back."""

    __slots__ = ()
    _shown = ("provider_name", "code", "status", "message")

    code = raw("code", "Text: a typed code, as `ProviderFailure.error_type`. A number (before August 2026): a status.")

    @property
    @keyed("status")
    def status(self) -> int | None:
        """The HTTP status of it."""
        for key in ("status", "code"):
            value = self._data.get(key)
            if type(value) is int:
                return value
        return None


class ProviderFailure(_FromProvider):
    """How a provider failed, after those in `previous_errors` had."""

    __slots__ = ()
    _shown = ("provider_name", "error_type", "provider_code", "previous_errors")

    error_type = text("error_type", "OpenRouter's typed code, the same in all its APIs: `provider_overloaded` ...")
    provider_code = raw("provider_code", "The provider's own code for it.")
    previous_errors = children("previous_errors", PreviousError, "The failures before this one, in order.")
    is_byok = flag("is_byok", "Whether the provider was asked with a key of your own.")
    limit_source = text("limit_source", "Whose limit it was: `upstream_provider_shared_pool` ...")
    remedy_hint = text("remedy_hint", "What OpenRouter suggests, for a human reader.")


class GuardrailStage(Window):
    """A guardrail's stage in `openrouter_metadata.pipeline`."""

    __slots__ = ()
    _shown = ("name", "guardrail_id", "action", "summary")

    name = text("name", "Which kind: `content-filter`, `moderation`, `regex_pi_detection` ...")
    guardrail_id = text("guardrail_id", "The guardrail.")
    guardrail_scope = text("guardrail_scope", "Whom it is for, such as `api-key`.")
    summary = text("summary", "What it did, in a sentence.")
    data = mapping("data", "What it found: `action`, `detected`, `engines`, `patterns`, `matched_entity_types` ...")

    @property
    def action(self) -> str | None:
        """What it did in a word: `blocked`, or another."""
        action = (self.data or {}).get("action")
        return action if isinstance(action, str) else None


class Guardrail(Window):
    """How a guardrail of your account stopped the request before any provider saw it."""

    __slots__ = ()
    _shown = ("patterns", "stage")

    patterns = items("patterns", "What was found in the prompt.")

    @property
    def stages(self) -> list[GuardrailStage]:
        """Every guardrail that ran; told only where the call had `router_metadata=True`."""
        routed = self._data.get("openrouter_metadata")
        pipeline: Any = routed.get("pipeline") if isinstance(routed, dict) else None
        listed = pipeline if isinstance(pipeline, list) else []
        return [GuardrailStage(one) for one in listed if isinstance(one, dict) and one.get("type") == "guardrail"]

    @property
    def stage(self) -> GuardrailStage | None:
        """The one that blocked."""
        return next((stage for stage in self.stages if stage.action == "blocked"), None)


class Constraint(Window):
    """The field of a request that left no endpoint."""

    __slots__ = ()
    _shown = ("field", "detail")

    field = text("field", "The field.")
    detail = text("detail", "What of it.")


class Availability(Window):
    """Why no endpoint could serve the model, and whether later one may.

    `code` is one of `model_not_found`, `wrong_endpoint`, `no_endpoints`, `model_deprecated`,
    `model_unavailable_upstream`, `capacity_exhausted`, `temporarily_unavailable`, `region_restricted`,
    `privacy_restricted`, `constraint_filtered`, `free_variant_ended`, or a newer one; only `retryable` says whether
    waiting helps.
    """

    __slots__ = ()
    _shown = ("code", "retryable", "retry_after", "fallback_models")

    code = text("code", "Why.")
    retryable = flag("retryable", "Whether the same request may succeed later.")
    retry_after = number("retry_after", "Seconds until then, where some endpoint told.")
    requested_models = items("requested_models", "The models that were asked for.")
    affected_providers = items("affected_providers", "The providers that this is about.")
    excluded_by = items("excluded_by", "What left the others out: settings of the account, fields of the request.")
    fallback_models = items("fallback_models", "Models that OpenRouter offers instead.")
    constraint = child("constraint", Constraint, "The field that left nobody.")
    docs_url = text("docs_url", "Where this is described.")
