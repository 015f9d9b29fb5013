"""The page for people who would rather look at figures than read JSON. Rendered here, with nothing that runs in it."""
