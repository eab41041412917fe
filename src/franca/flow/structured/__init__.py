"""Structured output: the ladder of modes, from the strictest that a model has to a prompt alone.

modes    which rungs there are for a server and model, and in which order
goal     what is asked for: a type or a schema, and the value that the caller gets
form     the schema as a rung sends it, and the way back
request  what a rung adds to a request; how a model is asked again
reading  what an answer or a refusal means for the rung
cut      answers that were cut off, and the rest that goes on with them
climb    the flow at one server: ask, read, step down, ask again
ladder   the flow over all servers, and its options
growing  what a streamed answer says so far
vote     several candidates
result   what the caller gets
"""
