"""What a producer does and meets, on a real server."""
