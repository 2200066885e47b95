"""Writes and delivers what the stages decided; decides nothing."""
