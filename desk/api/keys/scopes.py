"""Rights that a key of an agency's program may have."""

from typing import Literal, TypeAlias, get_args

# `read`: list and read cases. `answer`: answer them, and pass them on. `pictures`: fetch their pictures.
# `units`: change the tree of the agency's units.
Scope: TypeAlias = Literal["read", "answer", "pictures", "units"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
