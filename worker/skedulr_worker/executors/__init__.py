"""Where jobs run: coroutine functions on the event loop, all others in threads."""
