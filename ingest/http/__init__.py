"""HTTP parts that all endpoints share: request limits, rate limits, refusals and error responses."""
