"""Pages for citizens beside the form: the start page, the help and the privacy notice."""
