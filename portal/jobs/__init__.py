"""What runs in a worker: one thin task per core service call."""
