"""Pictures from words, and changes to pictures."""
