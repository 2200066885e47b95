"""Replies: tells senders what the stages say, on their own channel, once; decides nothing about complaints."""
