"""Models that write no text: vectors, images, speech, transcripts, ranks. Data."""

from __future__ import annotations

from .providers import ALPHA, BETA, CREATED, DAY, DELTA, GAMMA, PLAIN, SCHEMA, prices
from .records import Endpoint, ModelRecord

__all__ = ["OTHERS"]

OTHERS = (
    ModelRecord(
        "south/vectors",
        "South: Vectors",
        "embed",
        (
            Endpoint(BETA, "beta-cloud", prices("0.00000002", "0"), (), context_length=8_192),
            Endpoint(DELTA, "delta-labs", prices("0.00000003", "0"), (), context_length=8_192),
        ),
        CREATED - 200 * DAY,
        description="Embeddings.",
        outputs=("embeddings",),
        popularity=20,
    ),
    ModelRecord(
        "east/painter",
        "East: Painter",
        "echo",
        (
            Endpoint(DELTA, "delta-labs", prices("0", "0", image_output="0.04"), ("seed",)),
            Endpoint(ALPHA, "alpha-works", prices("0", "0", image_output="0.05"), ()),
        ),
        CREATED - 30 * DAY,
        description="Images from words.",
        inputs=("text", "image"),
        outputs=("image",),
        tokenizer="Media",
        popularity=21,
    ),
    ModelRecord(
        "east/sketcher",
        "East: Sketcher",
        "echo",
        (
            Endpoint(
                ALPHA,
                "alpha-works",
                prices("0.0000003", "0.0000025", image_output="0.00003"),
                (*PLAIN, "seed", *SCHEMA),
                context_length=32_768,
            ),
        ),
        CREATED - 45 * DAY,
        description="Images in a conversation.",
        inputs=("text", "image"),
        outputs=("image", "text"),
        tokenizer="Gemini",
        popularity=22,
    ),
    ModelRecord(
        "east/reranker",
        "East: Reranker",
        "echo",
        (Endpoint(GAMMA, "gamma-edge", prices("0", "0", request="0.002"), (), context_length=4_096),),
        CREATED - 100 * DAY,
        description="Sorts documents.",
        outputs=("rerank",),
        tokenizer="Cohere",
        popularity=23,
    ),
    ModelRecord(
        "east/voice",
        "East: Voice",
        "echo",
        (Endpoint(ALPHA, "alpha-works", prices("0.000015", "0"), (), context_length=4_096),),
        CREATED - 110 * DAY,
        description="Reads aloud.",
        outputs=("speech",),
        tokenizer="Media",
        popularity=24,
        voices=("alto", "bass", "tenor"),
    ),
    ModelRecord(
        "east/scribe",
        "East: Scribe",
        "echo",
        (Endpoint(BETA, "beta-cloud", prices("0", "0", audio="0.000006"), (), context_length=0),),
        CREATED - 120 * DAY,
        description="Writes down what it hears.",
        inputs=("audio",),
        outputs=("transcription",),
        tokenizer="Media",
        popularity=25,
    ),
)
