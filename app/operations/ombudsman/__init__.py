"""Hand-over of cases to the Ombudsman, with the consent of their senders."""
