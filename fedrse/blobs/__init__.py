"""Files: local folder or S3, and the workers that make thumbnails."""
