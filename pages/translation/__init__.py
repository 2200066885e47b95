"""Texts for persons in Indonesian and English: the language of a request, marked texts, and the message catalog.

The source texts (msgids) are Indonesian, the default language. `catalogs/en.po` has the English translations.
`make translations` collects the texts of all templates and modules. CONTRIBUTING.md has the steps.
"""
