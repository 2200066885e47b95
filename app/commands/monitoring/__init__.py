"""Commands that watch the service: `lag` and `top`."""
