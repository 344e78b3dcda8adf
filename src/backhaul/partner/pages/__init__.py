"""The partner's pages, by who looks at them."""
