"""What a model costs at OpenRouter: prices written as text, and the conditions under which others apply."""

from __future__ import annotations

from ..base import Window
from ..fields import children, number
from .fields import dollars, words

__all__ = ["Pricing", "PricingOverride"]


class PricingOverride(Window):
    """Prices that apply instead when all its conditions hold; of several that apply, the last wins. A price that it
    does not name stays as it was."""

    __slots__ = ()
    _shown = ("min_prompt_tokens", "utc_start", "utc_end", "prompt", "completion")

    min_prompt_tokens = number("min_prompt_tokens", "Condition: the prompt has more tokens than this.")
    utc_days = words("utc_days", 'Condition: the day of the week in UTC, "monday" ...; [] for every day.')
    utc_start = number("utc_start", "Condition: the time in UTC from which it applies: 1030 is half past ten.")
    utc_end = number("utc_end", "Condition: the time in UTC before which it applies; may be on the next day.")
    prompt = dollars("prompt", "For a token of the prompt.")
    completion = dollars("completion", "For a token of the answer.")
    input_cache_read = dollars("input_cache_read", "For a token of the prompt that was read from its cache.")
    input_cache_write = dollars("input_cache_write", "For a token of the prompt that was written to its cache.")
    input_cache_write_1h = dollars("input_cache_write_1h", "The same, kept for an hour.")
    audio = dollars("audio", "For a token of audio in the prompt.")
    input_audio_cache = dollars("input_audio_cache", "For a token of audio that was read from the cache.")


class Pricing(Window):
    """What a model costs, each in US dollars for one token, unless said otherwise.

    The numbers are None where a price is not told, and where it is not known beforehand (`pricing["prompt"]` is "-1"
    then: a router). They hold unless one of `overrides` applies.
    """

    __slots__ = ()
    _shown = ("prompt", "completion", "request")

    prompt = dollars("prompt", "For a token of the prompt.")
    completion = dollars("completion", "For a token of the answer.")
    request = dollars("request", "For each request.")
    image = dollars("image", "For each image in the prompt.")
    image_token = dollars("image_token", "For a token of an image.")
    image_output = dollars("image_output", "For a token of an image in the answer.")
    audio = dollars("audio", "For a token of audio in the prompt.")
    audio_output = dollars("audio_output", "For a token of audio in the answer.")
    input_audio_cache = dollars("input_audio_cache", "For a token of audio that was read from the cache.")
    input_cache_read = dollars("input_cache_read", "For a token of the prompt that was read from its cache.")
    input_cache_write = dollars("input_cache_write", "For a token of the prompt that was written to its cache.")
    input_cache_write_1h = dollars("input_cache_write_1h", "The same, kept for an hour.")
    internal_reasoning = dollars("internal_reasoning", "For a token of reasoning.")
    web_search = dollars("web_search", "For each search of the web.")
    discount = number("discount", "The part by which the provider lowers its prices now: 0.25 is a quarter less.")
    overrides = children("overrides", PricingOverride, "Prices under conditions, such as long prompts; [] for none.")
