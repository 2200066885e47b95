"""Replies to senders on their own channel, each sent at most once. Makes no decisions about complaints."""
