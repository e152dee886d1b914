"""What runs in the field: heartbeats of devices, kept, judged and shown."""
