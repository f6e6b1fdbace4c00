"""What runs after what: the only place where a flow is defined."""
