"""The flows of OpenRouter's own endpoints: generations, catalogue, account, media."""
