"""What is wanted: to talk, or a picture, or a change to one. Only the user's own transcript is ever asked."""
