"""POST /rerank, /images, /audio/speech and /audio/transcriptions through the router."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

from ... import http
from ...ask import Refused
from ...pace import delayed
from ...steps import Answer
from ...tokens import count, pieces
from ..house import House
from .call import Call
from .faults import Fault
from .ledger import IMAGE_TOKENS, NOTHING, Extras, booked, usage_of
from .pictures import png, svg
from .recordings import mp3, multipart, pcm, sound_of
from .settle import check_outputs, settle
from .taken import invalid, take

__all__ = ["KINDS", "answer_media"]

_MOST_IMAGES = 10
_MOST_DOCUMENTS = 1000
_WORDS_A_SECOND = 2.5
_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("transfer-encoding", "chunked")


def answer_media(house: House, wanted: Any, path: str, headers: Mapping[str, str]) -> Answer:
    """The answer of the kind that the path names. Raises Trouble, Refused."""
    key = house.check_key(wanted.headers, free=True)
    body = wanted.body
    if path == "audio/transcriptions" and headers.get("content-type", "").startswith("multipart/form-data"):
        body = multipart(headers["content-type"], wanted.raw)
    if not isinstance(body, dict):
        raise Refused(400, "The body of the request is no JSON object.")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise invalid("model must be a string.")
    taken = take(house, {name: value for name, value in body.items() if name != "models"})
    if taken is None:
        raise invalid(f"{body['model']} is not a valid model ID")
    house.check_key(wanted.headers, free=taken.models[0].is_free)
    call = Call(house, wanted, headers, key, path, taken)
    check_outputs(call)
    return KINDS[path](call, body)


def _seconds(call: Call, fault: Fault | None) -> float:
    return call.wanted.dials.latency + (fault.seconds if fault else 0.0)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} must be a string that is not empty.")
    return value


# ---- rerank -------------------------------------------------------------------------------------------


def _rerank(call: Call, body: Mapping[str, Any]) -> Answer:
    """Documents by how many words of the query they have; equals keep their order."""
    query, given, most = _text(body, "query"), body.get("documents"), body.get("top_n")
    if not isinstance(given, list) or not given or len(given) > _MOST_DOCUMENTS:
        raise invalid(f"documents must be an array of 1 to {_MOST_DOCUMENTS} items.")
    if most is not None and (type(most) is not int or most < 1):
        raise invalid("top_n must be a positive integer.")
    documents = [_document(one) for one in given]
    words = {piece.strip().lower() for piece in pieces(query)}
    size = count(query) + sum(count(one.get("text", "")) for one in documents)
    candidate, fault = settle(call, 0, query)
    scores = []
    for one in documents:
        has = {piece.strip().lower() for piece in pieces(one.get("text", ""))}
        scores.append(round(len(words & has) / len(words), 6))
    ranked = sorted(range(len(documents)), key=lambda index: -scores[index])
    usage = {"cost": round(candidate.price("request"), 10), "search_units": 1, "total_tokens": size}
    id = booked(call, candidate, {**usage, "prompt_tokens": size}, api_type="rerank", finish=None)
    answer = {
        "id": id,
        "model": candidate.model.shown,
        "provider": candidate.provider,
        "results": [
            {"index": index, "relevance_score": scores[index], "document": documents[index]} for index in ranked[:most]
        ],
        "usage": usage,
    }
    return delayed(http.answer(200, answer, [("x-generation-id", id)]), _seconds(call, fault))


def _document(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return {"text": given}
    if isinstance(given, dict) and (isinstance(given.get("text"), str) or isinstance(given.get("image"), str)):
        return {name: given[name] for name in ("text", "image") if isinstance(given.get(name), str)}
    raise invalid("documents must be strings, or objects with a text or an image.")


# ---- images -------------------------------------------------------------------------------------------


def _images(call: Call, body: Mapping[str, Any]) -> Answer:
    """Squares of one colour; in a stream one unfinished image before each."""
    prompt, number = _text(body, "prompt"), body.get("n")
    form = body.get("output_format") or "png"
    if number is not None and (type(number) is not int or not 1 <= number <= _MOST_IMAGES):
        raise invalid(f"n must be an integer from 1 to {_MOST_IMAGES}.")
    if form not in ("png", "svg"):
        raise invalid(f"output_format must be one of: png, svg; this model does not make {form!r}.")
    size = count(prompt)
    candidate, fault = settle(call, size, prompt)
    number = number or 1
    draw, kind = (svg, "image/svg+xml") if form == "svg" else (png, "image/png")
    words = [f"{body.get('seed')} {index} {prompt}" for index in range(number)]
    made = [b64encode(draw(one)).decode() for one in words]
    usage = usage_of(candidate, Extras(images=number))(size, number * IMAGE_TOKENS, 0)
    id = booked(call, candidate, usage, api_type="image", finish=None)
    headers = [("x-generation-id", id)]
    created = int(call.house.clock())
    if not call.taken.streams:
        data = [{"b64_json": one, "media_type": kind} for one in made]
        answer = {"created": created, "data": data, "usage": usage}
        return delayed(http.answer(200, answer, headers), _seconds(call, fault))
    unfinished = [
        {"type": "image_generation.partial_image", "b64_json": one, "partial_image_index": index}
        for index, one in enumerate(made)
    ]
    done = [
        {"type": "image_generation.completed", "b64_json": one, "media_type": kind, "created": created} for one in made
    ]
    done[-1]["usage"] = usage
    events = [http.chunk(http.event(one)) for one in chain.from_iterable(zip(unfinished, done, strict=True))]
    head = http.head(200, [*headers, *_STREAM_HEAD])
    return delayed(head + b"".join(events) + http.chunk(http.DONE) + http.LAST_CHUNK, _seconds(call, fault))


# ---- sound --------------------------------------------------------------------------------------------


def _speech(call: Call, body: Mapping[str, Any]) -> Answer:
    """A sound as long as the text would take; MP3 is silent, PCM is a tone."""
    given = body.get("input")
    if (
        isinstance(given, list)
        and given
        and all(isinstance(one, dict) and isinstance(one.get("text"), str) for one in given)
    ):
        text = " ".join(one["text"] for one in given)
    else:
        text = _text(body, "input")
    form, voice = body.get("response_format") or "pcm", body.get("voice")
    if form not in ("mp3", "pcm"):
        raise invalid("response_format must be 'mp3' or 'pcm'.")
    record = call.taken.models[0].record
    if voice is not None and record is not None and record.voices and voice not in record.voices:
        raise invalid(f"voice must be one of: {', '.join(record.voices)}.")
    candidate, fault = settle(call, count(text), text)
    usage = usage_of(candidate, NOTHING)(len(text), 0, 0)  # speech is paid by the character
    id = booked(call, candidate, usage, api_type="tts", finish=None)
    length = max(0.1, count(text) / _WORDS_A_SECOND)
    sound, kind = (mp3(length), "audio/mpeg") if form == "mp3" else (pcm(length), "audio/pcm;rate=24000;channels=1")
    return delayed(http.answer(200, sound, [("x-generation-id", id)], kind), _seconds(call, fault))


def _transcription(call: Call, body: Mapping[str, Any]) -> Answer:
    """What was heard, described: `[audio wav 1234 bytes]`."""
    form = body.get("response_format") or "json"
    if form not in ("json", "verbose_json"):
        raise invalid("response_format must be 'json' or 'verbose_json'.")
    sound = sound_of(body)
    candidate, fault = settle(call, 0, "")
    text = f"[audio {sound.form} {sound.size} bytes]"
    usage = {"seconds": sound.seconds, "cost": round(sound.seconds * candidate.price("audio"), 10)}
    id = booked(call, candidate, usage, api_type="stt", finish=None)
    answer: dict[str, Any] = {"text": text, "usage": usage}
    if form == "verbose_json":
        answer |= {"task": "transcribe", "language": body.get("language") or "en", "duration": sound.seconds}
        answer["segments"] = [{"id": 0, "start": 0.0, "end": sound.seconds, "text": text}]
        asked = body.get("timestamp_granularities")
        if isinstance(asked, list) and "word" in asked:
            step = sound.seconds / len(text.split())
            answer["words"] = [
                {"word": word, "start": round(index * step, 3), "end": round((index + 1) * step, 3)}
                for index, word in enumerate(text.split())
            ]
    return delayed(http.answer(200, answer, [("x-generation-id", id)]), _seconds(call, fault))


KINDS: Mapping[str, Callable[[Call, Mapping[str, Any]], Answer]] = {
    "rerank": _rerank,
    "images": _images,
    "audio/speech": _speech,
    "audio/transcriptions": _transcription,
}
"""Paths below /api/v1, and who answers."""
