"""Small numbers protected before anything leaves the building."""
