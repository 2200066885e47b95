"""What kind of message it is: complaint, suggestion, question, or none of these."""
