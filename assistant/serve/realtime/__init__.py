"""The OpenAI realtime protocol: events on a socket <-> a conversation."""
