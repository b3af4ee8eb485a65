"""The domain: knows SQLAlchemy, knows no Flask and no vendor."""
