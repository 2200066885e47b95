"""Proof that a phone number or a mail address belongs to the person who typed it.

`code_proof.py` starts and checks codes for any page that needs a proven number. `contacts.py` keeps the contacts of
the form's reports and which of them are proven; the replies read it through `app/assembly`.
"""
