"""What people say in each language, and what it means without a model."""
