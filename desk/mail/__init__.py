"""E-mail to officers: digests and notices with numbers and links, never with words or names of citizens."""
