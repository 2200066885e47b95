"""Rights that a key of an agency's program may have."""

from typing import Literal, TypeAlias, get_args

# `read`: list and read cases. `answer`: answer them. `pictures`: fetch their pictures.
Scope: TypeAlias = Literal["read", "answer", "pictures"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
