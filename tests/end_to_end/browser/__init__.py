"""The pages as citizens meet them: a real service and a real browser, with scripts and without."""
