"""Sinks store and deliver the results of the stages. They make no decisions about complaints."""
