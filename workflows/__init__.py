"""What starts, wakes, stops and reads the executions of a session."""
