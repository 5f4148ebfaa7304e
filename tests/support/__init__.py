"""What the tests share: servers, processes, waiting, and checks that nothing stays behind."""
