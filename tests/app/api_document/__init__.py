"""The OpenAPI documents of both ports and the page that shows them."""
