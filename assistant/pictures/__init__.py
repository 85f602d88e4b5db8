"""Pictures in a conversation: which one is meant, what is done to it, where it is kept, and where it comes from."""
