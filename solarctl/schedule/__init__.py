"""The schedule: crontab lines, what they run, and when."""
