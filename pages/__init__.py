"""What all pages share: frame, forms, headers, refusals, translation and wording. No page of its own."""
