"""Published trials: what their figures say when they are computed again."""
