"""What a programme costs, and what it gives for the money."""
