"""The desk of each institution: pages, programming interface and webhooks. It acts only by publishing."""
