"""Attachments of reports."""
