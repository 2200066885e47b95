"""The OpenAPI documents of the two ports, their examples, and the page that shows them."""
