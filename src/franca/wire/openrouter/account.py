"""The account at OpenRouter: credits, keys and what was used."""

from __future__ import annotations

from typing import Any, Self

from ..base import Answer, Window
from ..fields import child, children, flag, mapping, number, text, whole
from ..headers import Headers
from ..told import Told
from .fields import words

__all__ = ["ActivityRow", "ApiKey", "Credits", "FreeRequests", "KeyBudget", "KeyInfo"]

_NO_HEADERS = Headers()


class Credits(Answer):
    """What was paid in and what of it was used, in US dollars."""

    __slots__ = ()
    _shown = ("total_credits", "total_usage", "remaining")

    total_credits = number("total_credits", "All that was ever paid in.")
    total_usage = number("total_usage", "All that was ever used.")

    @property
    def remaining(self) -> float | None:
        """What is left; below zero when more was used. None when one of the two is not told."""
        bought, used = self.total_credits, self.total_usage
        return None if bought is None or used is None else bought - used


class _Spending(Answer):
    """The limit and the usage of a key, in US dollars. Days, weeks (from Monday) and months are those of UTC."""

    __slots__ = ()

    label = text("label", "The key, shortened so that it can be told from others.")
    limit = number("limit", "What may be spent with it; None for no limit.")
    limit_remaining = number("limit_remaining", "What of it is left; None for no limit.")
    limit_reset = text("limit_reset", '"daily", "weekly" or "monthly"; None for a limit that is never reset.')
    include_byok_in_limit = flag("include_byok_in_limit", "Whether usage with your own provider keys counts.")
    usage = number("usage", "Credits that were spent with it.")
    usage_daily = number("usage_daily", "The same, today.")
    usage_weekly = number("usage_weekly", "The same, this week.")
    usage_monthly = number("usage_monthly", "The same, this month.")
    byok_usage = number("byok_usage", "What was spent at providers with your own keys of theirs.")
    byok_usage_daily = number("byok_usage_daily", "The same, today.")
    byok_usage_weekly = number("byok_usage_weekly", "The same, this week.")
    byok_usage_monthly = number("byok_usage_monthly", "The same, this month.")
    expires_at = text("expires_at", "Until when it is good, ISO 8601; None for always.")
    creator_user_id = text("creator_user_id", "Who made it.")
    workspace_id = text("workspace_id", "The workspace that it spends in.")


class FreeRequests(Window):
    """How many requests to free models a day has, and how many are left; counted anew at midnight UTC."""

    __slots__ = ()
    _shown = ("limit", "used", "remaining")

    limit = whole("limit", "Requests a day.")
    used = whole("used", "Used today.")
    remaining = whole("remaining", "Left today.")


class KeyBudget(Window):
    """One budget that a key's requests are held to, in US dollars."""

    __slots__ = ()
    _shown = ("scope", "limit_usd", "spend_usd", "remaining_usd", "reset_interval")

    scope = text("scope", '"key_limit", "api_key", "member", "workspace", "workspace_default_key" ...')
    limit_usd = number("limit_usd", "What may be spent.")
    spend_usd = number("spend_usd", "What was spent.")
    remaining_usd = number("remaining_usd", "What is left.")
    reset_interval = text("reset_interval", '"daily", "weekly" or "monthly"; None for never.')
    resets_at = text("resets_at", "When it is next reset, ISO 8601.")
    include_byok = flag("include_byok", "Whether usage with your own provider keys counts.")
    budget_id = text("budget_id", "Of a budget of the workspace: which.")
    guardrail_id = text("guardrail_id", "Of a budget of a guardrail: which.")


class KeyInfo(_Spending):
    """What GET /key tells of the key that asks."""

    __slots__ = ()
    _shown = ("label", "usage", "limit", "limit_remaining", "is_free_tier")

    is_free_tier = flag("is_free_tier", "Whether the account never paid anything in.")
    is_management_key = flag("is_management_key", "Whether it manages keys, and is good for nothing else.")
    is_provisioning_key = flag("is_provisioning_key", "The older name of `is_management_key`.")
    free_model_daily_requests = child("free_model_daily_requests", FreeRequests, "Requests to free models.")
    budgets = children("budgets", KeyBudget, "All budgets that its requests are held to, in the order of the checks.")
    effective_budget = child("effective_budget", KeyBudget, "The one of them that will stop requests first.")
    allowed_data_regions = words("allowed_data_regions", '"global", "europe", "us": where its requests may go.')
    organization_id = text("organization_id", "The organisation that owns it.")
    rate_limit = mapping("rate_limit", "An old field that tells nothing any more.")


class ApiKey(_Spending):
    """One key of the account, as a management key sees it.

    `key` is the secret itself: a str on the answer to its making, the only time that OpenRouter tells it, else None.
    It is in no repr, dict or pickle; keep it where secrets are kept.
    """

    __slots__ = ("key",)
    _shown = ("name", "label", "hash", "usage", "limit", "disabled")

    hash = text("hash", "Its identifier: what to get, update and delete it by.")
    name = text("name", "Its name.")
    disabled = flag("disabled", "Whether it is turned off.")
    created_at = text("created_at", "When it was made, ISO 8601.")
    updated_at = text("updated_at", "When it was last changed, ISO 8601.")
    last_used_at = text("last_used_at", "When it was last used, ISO 8601; None for never, or before 2026.")
    external_user = text("external_user", "Your own user whom it is for.")

    def __init__(
        self,
        data: dict[str, Any],
        status: int | None = None,
        headers: Headers = _NO_HEADERS,
        server: str | None = None,
        told: Told | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(data, status, headers, server, told)
        self.key = key

    def __copy__(self) -> Self:
        made = super().__copy__()
        made.key = self.key
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = super().__deepcopy__(memo)
        made.key = self.key
        return made


class ActivityRow(Window):
    """What one day's requests to one model at one endpoint used."""

    __slots__ = ()
    _shown = ("date", "model", "provider_name", "requests", "usage")

    date = text("date", "The day in UTC.")
    model = text("model", "The model's id.")
    model_permaslug = text("model_permaslug", "The model with its version.")
    endpoint_id = text("endpoint_id", "The endpoint.")
    provider_name = text("provider_name", "Who ran it.")
    workspace_id = text("workspace_id", "The workspace, when the rows are grouped by it.")
    requests = whole("requests", "How many requests.")
    usage = number("usage", "Credits that were spent, in US dollars.")
    byok_usage_inference = number("byok_usage_inference", "What was spent at providers with your own keys of theirs.")
    prompt_tokens = whole("prompt_tokens", "Tokens of the prompts.")
    completion_tokens = whole("completion_tokens", "Tokens of the answers.")
    reasoning_tokens = whole("reasoning_tokens", "Tokens of reasoning.")
    cached_tokens = whole("cached_tokens", "Tokens of the prompts that were read from their cache.")
