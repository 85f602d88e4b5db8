"""The server: one set of workers, many conversations, for the page and for other people's clients."""
