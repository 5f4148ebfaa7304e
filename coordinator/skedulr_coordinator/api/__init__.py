"""What the coordinator answers over HTTP: one router per resource."""
