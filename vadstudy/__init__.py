"""vadstudy: emotion recognition through a psychological space, an open and reproducible study."""
