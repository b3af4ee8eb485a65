"""Demo data: a believable bank, its accounts and its agencies, made through the core services."""
