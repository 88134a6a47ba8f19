"""What a person reads about days and seasons: the evening mail and its picture."""
