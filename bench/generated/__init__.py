"""Programs that write the committed files made from the code: schemas, alert rules, figures and translations.

Each writes its files; with `--check` it compares them with the code. `make lint` runs all checks.
"""
