"""The service's own description of itself: OpenAPI, examples, and the page that shows them."""
