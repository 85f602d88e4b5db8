"""The endpoints that answer one request at a time, as OpenAI describes them."""
